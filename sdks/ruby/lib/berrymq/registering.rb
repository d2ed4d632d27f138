# frozen_string_literal: true

# Registering at a Bus: functions, methods, and streams.
module BerryMQ
  module Registering
    MOST_BYTES = 16 * 1024 * 1024
    private_constant :MOST_BYTES

    # Has something with a method `call`, or the block, called for a pattern or a Condition, until what this returns is told to `unfollow`.
    # Keyword parameters get the kwargs of those names. With `queue:`, the name of a shared queue, it is fed from there, `concurrency`
    # messages at a time; `queue_options` are Queue's. Raises InvalidArgument when it cannot be called with a message.
    def regist_function(pattern, function = nil, guard: nil, queue: nil, queue_options: nil, concurrency: 1, &block)
      function = Parameters.one_of(function, block, "regist_function(#{pattern.inspect})")
      follow_with(FunctionFollowing, pattern, function, guard, [queue, queue_options, concurrency])
    end
    alias following_function regist_function

    # Has a Method called for a pattern or a Condition for as long as its object lives. See regist_function.
    def regist_method(pattern, method, guard: nil, queue: nil, queue_options: nil, concurrency: 1)
      follow_with(MethodFollowing, pattern, method, guard, [queue, queue_options, concurrency])
    end

    # Messages of patterns: each to the block, or a Stream (Enumerable, with `next`, `get(timeout:)`, `close`).
    def follow(*patterns, max_messages: 10_000, max_bytes: MOST_BYTES)
      raise_if_closed
      raise InvalidArgument, "follow() has nothing to follow; it takes patterns, as follow(\"*:log\")" if patterns.empty?

      stream = Stream.new(patterns, max_messages: max_messages, max_bytes: max_bytes, clock: @clock) { |lag| @dispatcher.deliver(lag) }
      caller = caller_locations(1, 4).find { |line| line.path && !line.path.start_with?(File.dirname(__dir__)) }
      place = Following.source_of(caller && [caller.path, caller.lineno])
      stream.followings = patterns.map { |pattern| register(SinkFollowing.new(self, pattern, stream, source: place)) }
      return stream unless block_given?

      begin
        stream.each { |message| yield message }
      ensure
        stream.close
      end
    end

    private

    def follow_with(kind, pattern, callable, guard, durable)
      raise_if_closed
      return follow_condition(kind, pattern, callable, guard, durable) if pattern.is_a?(Condition)

      queue, queue_options, concurrency = durable
      following = kind.new(self, pattern, callable, guard: guard)
      return @works.add(following, queue, queue_options, concurrency) if queue
      return register(following) if queue_options.nil? && concurrency == 1

      raise InvalidArgument, "queue_options and concurrency are for followers of a queue; give queue: \"name\", too"
    end

    def follow_condition(kind, condition, callable, guard, durable)
      unless durable == [nil, nil, 1]
        raise InvalidArgument,
              "#{condition} cannot be fed from a queue; leave queue, queue_options and concurrency out, or follow one pattern"
      end
      raise InvalidArgument, "#{condition}: guards stand in the terms, as cond(\"a:x\") { |message| … }" if guard

      pattern = condition.terms.first.pattern
      ConditionFollowing.new(self, condition, kind.new(self, pattern, callable, messages: condition.terms.size)).begin
    end
  end
end
