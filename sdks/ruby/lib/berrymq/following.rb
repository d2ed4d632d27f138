# frozen_string_literal: true

# One registration: a pattern and what is called for it. A bus keeps these in its router.
require "weakref"

module BerryMQ
  # What registering returns: hold it to unfollow later.
  class Following
    @mutex = Mutex.new
    @count = 0

    class << self
      def next_order = @mutex.synchronize { @count += 1 }

      # `app/logger.rb:12`, relative to the working directory where that is possible; nil for code without a place.
      def source_of(location)
        return unless location

        file, line = location
        "#{file.delete_prefix("#{Dir.pwd}/")}:#{line}"
      end
    end

    # Pattern (Identifier); place in the order of registration; `file:line` or nil.
    attr_reader :identifier, :order, :source

    def initialize(bus, pattern, guard: nil, source: nil)
      @bus = bus
      @identifier = Identifier.parse(pattern)
      @local = @identifier.local?
      @guard = guard
      @source = source
      @order = Following.next_order
      @dismissed = false
    end

    # Follows no more. Idempotent.
    def unfollow
      @dismissed = true
      @bus.remove(self)
      nil
    end

    # True while it follows; a method's object that is gone follows no more.
    def alive? = !@dismissed

    # What takes the messages: two patterns of one stream hand it a message once.
    def target = self

    # Handlers answer talks; streams and queues only listen.
    def kind = :handler

    # Nothing of the link reaches it.
    def local? = @local

    # Whether the guard agrees. What it raises is the caller's to report.
    def wants?(message) = @guard.nil? || @guard.call(message) ? true : false

    def inspect = "#<#{self.class} #{@identifier} #{@source}>"
  end

  # A function or block, held until it is unfollowed.
  class FunctionFollowing < Following
    def initialize(bus, pattern, callable, guard: nil)
      unless callable.respond_to?(:call)
        raise InvalidArgument, "#{callable.inspect} cannot follow #{pattern}: something with a method `call`, or a block, can"
      end

      place = callable.source_location if callable.respond_to?(:source_location)
      super(bus, pattern, guard: guard, source: Following.source_of(place))
      @callable = callable
    end

    def call(message) = @callable.call(message)
  end

  # A method of an object, which is held weakly.
  class MethodFollowing < Following
    def initialize(bus, pattern, method, guard: nil)
      unless method.is_a?(Method)
        raise InvalidArgument, "#{method.inspect} cannot follow #{pattern}: a Method, as `object.method(:name)`, can"
      end

      super(bus, pattern, guard: guard, source: Following.source_of(method.source_location))
      @receiver = WeakRef.new(method.receiver)
      @method = method.unbind
    end

    def alive? = super && @receiver.weakref_alive?

    # Nil when the object is gone.
    def call(message)
      receiver = @receiver.__getobj__
    rescue WeakRef::RefError
      nil
    else
      @method.bind_call(receiver, message)
    end
  end

  # A stream or a local queue: takes messages, answers nothing. Held weakly, so that one nobody reads any more ends.
  class SinkFollowing < Following
    def initialize(bus, pattern, sink, source: nil)
      super(bus, pattern, source: source)
      @sink = WeakRef.new(sink)
      @target = sink.object_id
      @kind = sink.is_a?(LocalQueue) ? :queue : :stream
    end

    attr_reader :kind, :target

    def alive? = super && @sink.weakref_alive?

    def call(message)
      sink = @sink.__getobj__
    rescue WeakRef::RefError
      nil
    else
      sink.push(message, @identifier)
    end
  end
end
