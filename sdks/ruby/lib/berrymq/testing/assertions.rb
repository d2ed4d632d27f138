# frozen_string_literal: true

# What fails when something was not published, or not called: the error that the test framework counts as a failure.
module BerryMQ
  module Testing
    # Where there is no framework.
    class AssertionFailed < StandardError; end

    FRAMEWORKS = %w[Minitest::Assertion RSpec::Expectations::ExpectationNotMetError Test::Unit::AssertionFailedError].freeze
    private_constant :FRAMEWORKS

    class << self
      # The class of failures: that of Minitest, RSpec or Test::Unit, whichever is loaded.
      def assertion_error
        name = FRAMEWORKS.find { |one| Object.const_defined?(one) }
        name ? Object.const_get(name) : AssertionFailed
      end

      # Whether it is a failure of one of them.
      def assertion?(error) = [*FRAMEWORKS, AssertionFailed.name].intersect?(error.class.ancestors.map(&:name))

      # Whether a message has these arguments, if any are given, and at least these keyword arguments.
      def carries?(message, args, kwargs) = (args.empty? || message.args == args) && kwargs <= message.kwargs

      # `image:added(1, size: 2)`.
      def show(message) = "#{message.id}(#{show_arguments(message.args, message.kwargs)})"

      def show_arguments(args, kwargs) = (args.map(&:inspect) + kwargs.map { |name, value| "#{name}: #{value.inspect}" }).join(", ")
    end
  end
end
