# frozen_string_literal: true

# Registrations of what is called: functions, blocks, and methods of objects.
require_relative "following"

module BerryMQ
  # What a function and a method have in common: a name, and parameters that say what it is called with.
  class HandlerFollowing < Following
    # How diagrams and errors call it.
    attr_reader :name

    # Raises InvalidArgument, naming the handler, when it cannot be called with so many messages.
    def initialize(bus, pattern, callable, guard, messages)
      place = Parameters.told(callable).source_location if callable.respond_to?(:source_location)
      super(bus, pattern, guard: Following.guard(guard), source: Following.source_of(place))
      @name = Parameters.name_of(callable)
      @parameters = Parameters.new(callable)
      @parameters.check(messages, label)
      @plain = !@parameters.keywords?
    end

    private

    def label = Parameters.label(@name, @source)

    # What to call it with, where it takes keywords.
    def fitted(message)
      keywords = @parameters.keywords_of(message, label)
      [@parameters.message? ? [message] : [], keywords]
    end
  end

  # A function or block, held until it is unfollowed.
  class FunctionFollowing < HandlerFollowing
    def initialize(bus, pattern, callable, guard: nil, messages: 1)
      unless callable.respond_to?(:call)
        raise InvalidArgument, "#{callable.inspect} cannot follow #{pattern}: something with a method `call`, or a block, can"
      end

      super(bus, pattern, callable, guard, messages)
      @callable = callable
    end

    def of?(target)
      super || @callable == target || (@callable.is_a?(Method) && !target.is_a?(Method) && @callable.receiver.equal?(target))
    end

    def call(message) = @plain ? @callable.call(message) : call_fitted(message)

    # With the messages of a condition.
    def call_with(messages) = messages.one? ? call(messages.first) : @callable.call(*messages)

    private

    def call_fitted(message)
      args, keywords = fitted(message)
      @callable.call(*args, **keywords)
    end
  end

  # A method of an object, which is held weakly.
  class MethodFollowing < HandlerFollowing
    def initialize(bus, pattern, method, guard: nil, messages: 1)
      unless method.is_a?(Method)
        raise InvalidArgument, "#{method.inspect} cannot follow #{pattern}: a Method, as `object.method(:name)`, can"
      end

      super(bus, pattern, method, guard, messages)
      @receiver = WeakRef.new(method.receiver)
      @method = method.unbind
    end

    def alive? = super && @receiver.weakref_alive?

    def of?(target)
      return super || target.equal?(receiver) unless target.is_a?(Method)

      target.name == @method.name && target.receiver.equal?(receiver)
    end

    # Nil when the object is gone.
    def call(message)
      receiver = @receiver.__getobj__
    rescue WeakRef::RefError
      nil
    else
      @plain ? @method.bind_call(receiver, message) : call_fitted(receiver, message)
    end

    # With the messages of a condition. Nil when the object is gone.
    def call_with(messages)
      return call(messages.first) if messages.one?

      object = receiver
      @method.bind_call(object, *messages) if object
    end

    private

    def call_fitted(object, message)
      args, keywords = fitted(message)
      @method.bind_call(object, *args, **keywords)
    end

    def receiver
      @receiver.__getobj__
    rescue WeakRef::RefError
      nil
    end
  end
end
