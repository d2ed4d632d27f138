# frozen_string_literal: true

# Messages at even intervals.
module BerryMQ
  module Adapters
    # Publishes `id_name:tick` every `interval` seconds, with the number of the tick, from 1. Its time is the bus's: in a TestBus it is
    # virtual.
    class IntervalTimer < Adapter
      # Raises InvalidArgument, InvalidIdentifier, Closed.
      def initialize(id_name, interval, bus: BerryMQ.default_bus)
        super()
        @identifier = Identifier.parse("#{id_name}:tick").text
        @interval = checked_interval(interval)
        @number = 0
        begin_beside(bus, "#{@identifier} every #{interval} s")
        @due = bus.clock.now + interval
        bus.times.later(self, interval)
      end

      # The bus's time has come to the next tick.
      def expire
        return if @stopped

        now = @bus.clock.now
        @due = now if @due > now # time was turned back, at the end of a TestBus
        @due += @interval * (((now - @due) / @interval).floor + 1)
        @bus.times.later(self, @due - now)
        start_acting
      end

      private

      def act = @bus.publish(@identifier, @number += 1)
    end
  end
end
