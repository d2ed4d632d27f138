# frozen_string_literal: true

# For Minitest: `include BerryMQ::Testing::Minitest` in a test case, or in all of them.
require_relative "../testing"

module BerryMQ
  module Testing
    # Each test has the default bus under test, as `berrymq`, from before its `setup` until after its `teardown`, and a new bus of its own
    # as `berrymq_bus`. A test that fails prints `berryMQ seed: …`.
    module Minitest
      def before_setup
        berrymq
        super
      end

      def after_teardown
        super
      ensure
        print_seed unless passed? || skipped?
        tests = @berrymq_tests || []
        end_tests(tests.dup)
        @berrymq_tests = @berrymq = @berrymq_bus = nil
        tests.each(&:raise_assertion) if passed?
      end

      # The TestBus of the default bus.
      def berrymq = @berrymq ||= put_under_test(BerryMQ.default_bus)

      # The TestBus of a new bus.
      def berrymq_bus = @berrymq_bus ||= put_under_test(nil)

      private

      # The last first, and each of them: one that ends badly does not stay in the way of the next test.
      def end_tests(tests)
        tests.pop.close until tests.empty?
      ensure
        end_tests(tests) unless tests.empty?
      end

      def put_under_test(bus)
        @berrymq_tests ||= []
        TestBus.new(bus, seed: @berrymq_tests.first&.seed).tap do |test_bus|
          test_bus.on_assert = -> { self.assertions += 1 }
          @berrymq_tests << test_bus
        end
      end

      def print_seed
        seed = @berrymq_tests&.first&.seed
        puts "\nberryMQ seed: #{seed} (#{self.class}##{name}; again with #{TestBus::SEED}=#{seed})" if seed
      end
    end
  end
end
