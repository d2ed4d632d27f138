# frozen_string_literal: true

# What adapters have in common: they live beside a bus, until they are stopped, or it is closed.
module BerryMQ
  # What brings messages in from outside, or shows them; `require "berrymq/adapters"`.
  module Adapters
    # What a class does (`act`) is run in a thread of its own, one at a time: what falls due while it runs is left out, so that slow
    # followers hold nothing up but themselves. In a forked child it is stopped.
    class Adapter
      # As `new`; with a block it is stopped at the end of it, and the block's value is returned.
      def self.open(*args, **options)
        adapter = new(*args, **options)
        return adapter unless block_given?

        begin
          yield adapter
        ensure
          adapter.stop
        end
      end

      # Ends it; what it is at is gone through first, unless that is what calls. Idempotent.
      def stop
        @stopped = true
        @bus.detach(self)
        thread = @thread
        thread&.join(STOP_SECONDS) unless thread == Thread.current
        nil
      end

      # Whether it was stopped, or its bus was closed.
      def stopped? = @stopped

      # In a forked child, which has none of its parent's threads: it is the parent's.
      def after_fork
        @stopped = true
        @bus.detach(self)
      end

      def inspect = "#<#{self.class} #{@shown}#{" stopped" if @stopped}>"

      STOP_SECONDS = 5.0
      private_constant :STOP_SECONDS

      private

      # `shown` is what `inspect` tells. Raises Closed.
      def begin_beside(bus, shown)
        bus.raise_if_closed
        @bus = bus
        @shown = shown
        @stopped = false
        @mutex = Mutex.new
        @thread = @again = nil
        bus.attach(self)
      end

      # Runs `act` in a thread of its own; while it runs, not at all, or (`again`) once more afterwards.
      def start_acting(again: false)
        @mutex.synchronize do
          return if @stopped
          return @again ||= again if @thread

          @thread = @bus.clock.thread("berrymq-adapter") { act_safely while act_again? }
        end
      end

      # Whether the thread has something to do; it ends with false.
      def act_again?
        @mutex.synchronize do
          wanted = @again != false && !@stopped
          @again = false
          @thread = @again = nil unless wanted
          wanted
        end
      end

      def act_safely
        act
      rescue Closed
        @stopped = true # its bus is gone
      rescue StandardError => e
        @bus.report(e, nil, nil)
      end

      # Seconds above 0; raises InvalidArgument.
      def checked_interval(interval)
        return interval if interval.is_a?(Numeric) && interval.to_f.finite? && interval.positive?

        raise InvalidArgument, "the interval is #{interval.inspect}; it takes seconds above 0"
      end
    end
    private_constant :Adapter
  end
end
