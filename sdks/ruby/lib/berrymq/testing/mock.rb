# frozen_string_literal: true

# What one handler was called with.
module BerryMQ
  module Testing
    # `TestBus#mock` makes it.
    class Mock
      # `calls` is called for [Following, Message] of every call so far; `ready` waits until the block is true, for as long as a test
      # waits; without one, until no handler is at work.
      def initialize(handler, calls, ready)
        case handler
        when nil, String, Symbol, Numeric
          raise InvalidArgument, "mock(#{handler.inspect}): it takes a function, a Method, an object, or what registering returned"
        end

        handler = handler.handler if handler.respond_to?(:handler)
        @handler = handler
        @calls = calls
        @ready = ready
      end

      # The messages it was called with, in order; of a condition: an Array of them for each call.
      def calls
        @ready.call
        seen
      end

      # Whether it was called at all.
      def called? = call_count.positive?

      # How often it was called.
      def call_count = calls.size

      # Raises unless it was called once, with exactly these arguments. Returns the message.
      def assert_called_once_with(*args, **kwargs)
        @ready.call { seen.any? }
        messages = seen.flatten
        return messages.first if messages.size == 1 && [args, kwargs] == [messages.first.args, messages.first.kwargs]

        told = messages.empty? ? "was not called" : "was called with #{messages.map { |message| Testing.show(message) }.join(", ")}"
        raise Testing.assertion_error, "expected one call with (#{Testing.show_arguments(args, kwargs)}); #{name} #{told}"
      end

      # Raises if it was called.
      def assert_not_called
        return if calls.empty?

        told = seen.flatten.map { |message| Testing.show(message) }.join(", ")
        raise Testing.assertion_error, "expected no call; #{name} was called with #{told}"
      end

      def inspect = "#<#{self.class} of #{name}>"

      private

      def seen = @calls.call.filter_map { |following, message| message if following.equal?(@handler) || following.of?(@handler) }

      def name = @handler.respond_to?(:name) ? @handler.name : @handler.inspect
    end
  end
end
