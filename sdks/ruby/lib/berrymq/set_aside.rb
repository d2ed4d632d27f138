# frozen_string_literal: true

# What a queue of this process holds, as one thing: tests set it aside, and put it back at their end.
module BerryMQ
  # Of a LocalQueue.
  module SetAside
    # Takes everything out of it, as if it were new. Returns what puts it back.
    def set_aside
      @mutex.synchronize do
        held = [@shelf, @recent, @leases, @lost, @bytes, @paused]
        hold_nothing
        -> { put_back(held) }
      end
    end

    private

    def hold_nothing
      hold(Shelf.new, RecentIds.new(@options.dedupe, @clock), LeaseBook.new, [], 0, false)
    end

    def hold(shelf, recent, leases, lost, bytes, paused)
      @shelf = shelf
      @recent = recent
      @leases = leases
      @lost = lost # messages and reasons that are still to be told
      @bytes = bytes
      @paused = paused
      @wakes_at = Float::INFINITY # when `expire` will be called, in microseconds since the Unix epoch
    end

    def put_back(held)
      @mutex.synchronize do
        hold(*held)
        watch
        @times.later(self, 0) if @lost.any?
        @changed.broadcast
      end
    end
  end
  private_constant :SetAside
end
