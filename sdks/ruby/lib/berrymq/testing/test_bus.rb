# frozen_string_literal: true

# A bus under test: virtual time, records of what happened, faults; or, with one switch, a real gateway.
require_relative "stage"

module BerryMQ
  # Testing without a server; `require "berrymq/testing"`.
  module Testing
    # `TestBus.open { |mq| … }`, or `TestBus.new` and `close`. It has the public calls of the bus, too.
    class TestBus
      (Bus.public_instance_methods - Object.public_instance_methods - %i[close]).each do |name|
        define_method(name) { |*args, **kwargs, &block| @bus.public_send(name, *args, **kwargs, &block) }
      end

      # The environment's word for `gateway:` and for `seed:`.
      GATEWAY = "BERRYMQ_TEST_GATEWAY"
      SEED = "BERRYMQ_TEST_SEED"

      # The Bus under test.
      attr_reader :bus

      # What the random numbers of faults are made of.
      attr_reader :seed
      # Called at every assertion, as test frameworks count them.
      attr_writer :on_assert

      # As `new`; with a block the test ends with it, and the block's value is returned. An assertion that failed in a handler is raised
      # at the end of a block that ends well.
      def self.open(bus = nil, **options)
        test_bus = new(bus, **options)
        return test_bus unless block_given?

        begin
          value = yield test_bus
        ensure
          test_bus.close
        end
        test_bus.raise_assertion
        value
      end

      def self.checked_seed(seed)
        Integer(seed)
      rescue ArgumentError, TypeError
        raise InvalidArgument, "the seed is #{seed.inspect}; it takes an Integer, as a failing test printed it"
      end

      # `bus`: absent, a new one, which ends with the test; BerryMQ.default_bus may be given. `gateway`: an address, where the test is to
      # run; nil, what BERRYMQ_TEST_GATEWAY says, if it says anything; false, none. Raises InvalidArgument for a bus that is connected.
      def initialize(bus = nil, seed: nil, gateway: nil)
        @own = bus.nil?
        @bus = bus || Bus.new
        @seed = TestBus.checked_seed(seed || ENV.fetch(SEED) { Random.rand(1 << 32) })
        @records = Records.new
        @on_assert = nil
        gateway = ENV.fetch(GATEWAY, nil) if gateway.nil?
        @stage = Stage.begin(@bus, gateway, @records)
        @earlier = errors
        @over = false
      end

      # Virtual seconds since the beginning; with a gateway, real ones.
      def now = @stage.time.elapsed

      # Moves time on by so many seconds and does what falls due, in order: leases, ttls, delays, backoff, timers. Returns when the
      # handlers that it set off have ended. With a gateway it waits that long.
      def advance(seconds)
        unless seconds.is_a?(Numeric) && seconds.to_f.finite? && !seconds.negative?
          raise InvalidArgument, "advance(#{seconds.inspect}): it takes seconds from 0 on"
        end

        raise Closed, "this TestBus was closed, and time with it; make another" if @over

        @stage.time.advance(seconds)
        nil
      end

      # Returns when no handler is at work.
      def settle
        @stage.time.settle
        nil
      end

      # What was published, in order: Messages, frozen in an Array.
      def published
        settle
        @records.messages.freeze
      end

      # The messages that match: the pattern, the arguments if any are given, at least these keyword arguments. None is a failure of the
      # test that tells what was published instead. With a gateway it waits up to 5 s.
      def assert_published(pattern, *args, **kwargs)
        @on_assert&.call
        @stage.time.until { matching(pattern, args, kwargs).any? }
        found = matching(pattern, args, kwargs)
        return found unless found.empty?

        instead = @records.messages.map { |message| Testing.show(message) }
        raise Testing.assertion_error, "nothing like #{wanted(pattern, args, kwargs)} was published; " \
                                       "there was #{instead.empty? ? "nothing at all" : instead.join(", ")}"
      end

      # Fails if something was published that matches.
      def assert_not_published(pattern, *args, **kwargs)
        @on_assert&.call
        settle
        found = matching(pattern, args, kwargs)
        return if found.empty?

        raise Testing.assertion_error, "nothing like #{wanted(pattern, args, kwargs)} should be published; " \
                                       "there was #{found.map { |message| Testing.show(message) }.join(", ")}"
      end

      # The Mock of a handler: a function, a Method, an object with all its methods, or what registering returned.
      def mock(handler)
        Mock.new(handler, @records.method(:calls), method(:wait_for_calls))
      end

      # From now on, with these probabilities: a live follower does not hear a message; a queue of the process hands one out once more, or
      # after its successor. Random by `seed`. Raises NotSupported with a gateway.
      def faults(drop: 0, duplicate: 0, reorder: 0)
        @stage.order_faults(Faults.new(@seed, drop: drop, duplicate: duplicate, reorder: reorder))
        nil
      end

      # See Bus#send.
      def send(...) = @bus.send(...)

      # Ends the test: what was registered and opened since its beginning ends; a bus that it made is closed. Idempotent.
      def close
        return if @over

        @over = true
        @stage.end(@own)
        nil
      end

      # Raises the first assertion that failed in a handler of the test, unless `take_errors` has taken it.
      def raise_assertion # :nodoc:
        failed = (errors - @earlier).find { |each| Testing.assertion?(each.error) }
        raise failed.error if failed
      end

      def inspect = "#<#{self.class} seed #{@seed}, #{now} s>"

      private

      def errors = @bus.dispatcher.handler_errors.look

      # The block says that there is nothing more to wait for, but for handlers at work.
      def wait_for_calls(&done)
        @on_assert&.call
        done ? @stage.time.until(&done) : settle
      end

      def matching(pattern, args, kwargs)
        pattern = Identifier.parse(pattern)
        @records.messages.select { |message| pattern.meets?(message.identifier) && Testing.carries?(message, args, kwargs) }
      end

      def wanted(pattern, args, kwargs)
        told = Testing.show_arguments(args, kwargs)
        told.empty? ? pattern : "#{pattern}(#{told})"
      end
    end
  end
end
