# frozen_string_literal: true

# Ids of messages that a queue of this process took in lately.
module BerryMQ
  # Not thread-safe: its queue locks.
  class RecentIds
    # Past it the oldest are forgotten early.
    MOST = 1_000_000
    private_constant :MOST

    # `window` in seconds; 0 = nothing is remembered.
    def initialize(window, clock)
      @clock = clock
      @window = window
      @taken = {} # id → when, oldest first
    end

    def include?(id)
      forget_before(@clock.now - @window)
      @taken.key?(id)
    end

    def add(id)
      return if @window.zero?

      @taken[id] = @clock.now
      @taken.shift if @taken.size > MOST
    end

    private

    def forget_before(time)
      @taken.shift while (first = @taken.first) && first.last <= time
    end
  end
  private_constant :RecentIds
end
