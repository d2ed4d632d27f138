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

      # A guard that can be called with a message, or nil; raises InvalidArgument.
      def guard(guard)
        return guard if guard.nil?
        raise InvalidArgument, "the guard is #{guard.inspect}; it takes something with a method `call`" unless guard.respond_to?(:call)

        place = Following.source_of(guard.source_location) if guard.respond_to?(:source_location)
        label = Parameters.label("the guard", place)
        Parameters.new(guard).tap { |parameters| parameters.check_no_keywords(label) }.check(1, label)
        guard
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
      dismiss
      @bus.remove(self)
      nil
    end

    # Is called no more, whoever still holds it.
    def dismiss
      @dismissed = true
    end

    # What registering returned.
    def registration = self

    # Whether it was registered for that function, method or object.
    def of?(target) = target.equal?(self)

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

  # A stream or a local queue: takes messages, answers nothing. Held weakly, so that one nobody reads any more ends.
  class SinkFollowing < Following
    def initialize(bus, pattern, sink, source: nil)
      super(bus, pattern, source: source)
      @sink = WeakRef.new(sink)
      @target = sink.object_id
      @kind = sink.is_a?(LocalQueue) ? :queue : :stream
    end

    attr_reader :kind, :target

    def name = @kind == :queue ? "queue #{sink&.options&.name}" : "stream"

    def alive? = super && @sink.weakref_alive?

    # What it brings messages to; nil when it is gone.
    def sink
      @sink.__getobj__
    rescue WeakRef::RefError
      nil
    end

    def call(message)
      sink = @sink.__getobj__
    rescue WeakRef::RefError
      nil
    else
      sink.push(message, @identifier)
    end
  end
end
