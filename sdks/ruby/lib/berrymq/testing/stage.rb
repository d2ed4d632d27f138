# frozen_string_literal: true

# Where a test takes place: in the process, in virtual time, or at a gateway, in real time.
module BerryMQ
  module Testing
    # One way to run a test: `time`, `order_faults`, `end`.
    module Stage
      # At the gateway of that address; nil, false or "" = in the process.
      def self.begin(bus, address, records)
        if bus.link
          raise InvalidArgument, "this bus is joined to #{bus.link.address}: put it under test before it connects; `gateway:` goes there"
        end

        address && address != "" ? AtGateway.new(bus, address, records) : InProcess.new(bus, records)
      end

      # Virtual time.
      class InProcess
        UNDER_TEST = "this bus is under test already: close that TestBus first; tests that run side by side take a bus each (TestBus.new)"
        private_constant :UNDER_TEST

        attr_reader :time

        def initialize(bus, records)
          @bus = bus
          @records = records
          raise InvalidArgument, UNDER_TEST if bus.clock.virtual

          @scene = Scene.new(bus)
          @scene.set
          @time = VirtualTime.new(bus.clock, queues: bus.local_queues.method(:all), at_work: method(:at_work))
          @real = Clock.now
          @time.begin { @scene.wake }
          @scene.change_workers
          bus.dispatcher.watch = records
        rescue Timeout # a handler of before does not end
          leave
          raise
        end

        def order_faults(faults)
          @records.faults = faults
          @bus.local_queues.faults = faults
        end

        def end(own)
          stuck = run_out
          own ? @bus.close : @scene.strike
          raise stuck if stuck
        ensure
          leave
        end

        private

        # What does not end in virtual time is given up in real time, and told.
        def run_out
          @time.run_out { @records.at_work.empty? }
          nil
        rescue Timeout => e
          leave
          e
        end

        def leave
          return if @time.over?

          @bus.dispatcher.watch = @bus.local_queues.faults = nil
          @time.end
          @scene.change_workers
          @bus.times.hasten(@time.elapsed - (Clock.now - @real))
          @scene.restore
          @scene.wake
        end

        def at_work
          places = @records.at_work
          places.empty? ? "a thread of the bus" : "a handler (#{places.join(", ")})"
        end
      end

      # Real time. The queues that the test opens at the gateway, and those of durable followings, are deleted at its end.
      class AtGateway
        attr_reader :time

        def initialize(bus, address, records)
          @bus = bus
          @records = records
          @time = RealTime.new(bus, records)
          @scene = Scene.new(bus)
          bus.connect(address)
          bus.dispatcher.watch = records
        end

        def order_faults(_faults)
          raise NotSupported, "a gateway has no faults to order: without `gateway:` and #{TestBus::GATEWAY} the test runs in the process"
        end

        def end(own)
          queues = @bus.works.all.map { |following| following.options.name } | @records.queues
          @scene.strike unless own
          @scene.change_workers
          @bus.works.stop
          queues.each { |name| delete(name) }
        ensure
          @bus.dispatcher.watch = nil
          own ? @bus.close : @bus.close_connection
        end

        private

        def delete(name)
          ["", Queue::DEAD].each { |suffix| delete_one("#{name}#{suffix}") }
        end

        def delete_one(name)
          GatewayQueue.new(@bus.link, name).delete
        rescue QueueNotFound, InvalidArgument
          nil
        end
      end
    end
    private_constant :Stage
  end
end
