# frozen_string_literal: true

# The time of a test that runs against a gateway: real, and waited for.
module BerryMQ
  module Testing
    # Answers what VirtualTime answers to a TestBus.
    class RealTime
      # How long assertions wait, in seconds.
      WAIT = 5.0
      private_constant :WAIT

      def initialize(bus, records)
        @bus = bus
        @records = records
        @start = Clock.now
      end

      def elapsed = Clock.now - @start

      # Waits so many seconds, and then until no handler of this process is at work.
      def advance(seconds)
        @records.wait(seconds) { false }
        settle
      end

      # Returns when everything is published and no handler of this process is at work.
      def settle
        @bus.flush
        @records.wait(WAIT) { @records.at_work.empty? }
      end

      # Returns once the block is true, or after 5 s.
      def until(&condition) = @records.wait(WAIT, &condition)
    end
  end
end
