# frozen_string_literal: true

# What a Bus has of berryMQ's programming model beside publishing and following: conditions, functions that are told, what handlers raised,
# and the diagram.
module BerryMQ
  module Model
    # A Condition of one pattern; join them with `&`, and give them in place of a pattern. The guard, or block, is called with the message.
    def cond(pattern, guard: nil, &block) = Condition.of(pattern, guard, &block)

    # A lambda that does what the function or block does, and has its calls told: `name:entry` with the arguments before, `name:exit`
    # with the result after. `entry` or `exit` alone, or such an action of the identifier: only that.
    def auto_twitter(identifier, function = nil, entry: false, exit: false, &block)
      function = Parameters.one_of(function, block, "auto_twitter(#{identifier.inspect})")
      Teller.wrap_function(function, AutoTwitter.new(self, identifier, entry: entry, exit: exit), "auto_twitter")
    end

    # A lambda that does what the function or block does, and has what it raises told: `args[0]` are the lines of the exception, kwargs
    # `type`, `value`, `traceback` text. It returns nil then, unless `reraise`.
    def twitter_exception(identifier, function = nil, reraise: false, with_traceback: true, &block)
      telling = TwitterException.new(self, identifier, reraise: reraise, with_traceback: with_traceback)
      function = Parameters.one_of(function, block, "twitter_exception(#{identifier.inspect})")
      Teller.wrap_function(function, telling, "twitter_exception")
    end

    # What handlers raised since this was last asked: the newest 100, each with `error`, `message`, `handler`.
    def take_errors = @dispatcher.handler_errors.take

    # Has a function, a Method, or an object with all its methods follow no more, or what registering returned. How many followings ended.
    def unfollow(target)
      case target
      when nil, String, Symbol, Numeric, Identifier, Condition
        raise InvalidArgument, "unfollow(#{target.inspect}): it takes a function, a Method, an object, or what registering returned"
      end

      followings = (@router.entries.map(&:registration) + @works.all).uniq
      followings.select { |following| following.of?(target) }.each(&:unfollow).size
    end

    # Who sends what to whom in this process, as the text of a diagram: "dot" (Graphviz) or "mermaid".
    def show_network(format = "dot") = @network.show(format, @works.all, @ident || File.basename($PROGRAM_NAME))

    # Has `berrymq:send_message`, `berrymq:forward_message` and `berrymq:receive_message` told to the followers of this process, or not.
    def debug_messages(on = true) # rubocop:disable Style/OptionalBooleanParameter -- the book's
      raise_if_closed
      @debug = on ? DebugMessages.new(@dispatcher) : nil
      nil
    end
  end
end
