# frozen_string_literal: true

# Conditions: handlers that wait for several messages.
module BerryMQ
  # `cond("image:added") & cond("disk:ready")`, given in place of a pattern: the handler is called once both were heard, with the newest
  # message of each, in the order of the terms; then all begin anew.
  class Condition
    MOST_TERMS = 16
    Term = Struct.new(:pattern, :guard)
    private_constant :Term

    # [pattern (Identifier), guard or nil] of each.
    attr_reader :terms

    # One term. `guard`, or the block, is called with the message; what it is false for is passed over.
    def self.of(pattern, guard = nil, &block)
      guard = Parameters.one_of(guard, block, "cond(#{pattern.inspect})")
      raise InvalidArgument, "cond(#{pattern}): it takes one pattern; join conditions with &" if pattern.is_a?(Condition)
      unless guard.nil? || guard.respond_to?(:call)
        raise InvalidArgument, "cond(#{pattern.inspect}): the guard is #{guard.inspect}; it takes something to call, or a block"
      end

      new([Term.new(Identifier.parse(pattern), Following.guard(guard))])
    end

    def initialize(terms)
      @terms = terms.freeze
    end
    private_class_method :new

    # Both together. Raises InvalidArgument for more than 16 terms, and for what is no condition.
    def &(other)
      raise InvalidArgument, "#{self} & #{other.inspect}: join conditions only, as cond(\"a:x\")" unless other.is_a?(Condition)

      size = @terms.size + other.terms.size
      raise InvalidArgument, "a condition takes up to #{MOST_TERMS} terms; this one has #{size}" if size > MOST_TERMS

      self.class.send(:new, @terms + other.terms)
    end

    def to_s = @terms.map { |term| "cond(#{term.pattern})" }.join(" & ")

    def inspect = "#<BerryMQ::Condition #{self}>"
  end

  # A handler of a condition. What registering returns; its terms are in the router.
  class ConditionFollowing
    # Place in the order of registration; the Condition.
    attr_reader :order, :condition, :handler

    # `handler` is a Following that is not in the router itself.
    def initialize(bus, condition, handler)
      @bus = bus
      @condition = condition
      @handler = handler
      @order = handler.order
      @mutex = Mutex.new
      @terms = condition.terms.map { |term| TermFollowing.new(bus, term, self) }
      @heard = {}.compare_by_identity # term → its newest message
    end

    # Has the terms follow.
    def begin
      @terms.each { |term| @bus.register(term) }
      self
    end

    # Follows no more. Idempotent.
    def unfollow
      @handler.dismiss
      @terms.each { |term| @bus.remove(term) }
      nil
    end

    def alive? = @handler.alive?

    def source = @handler.source

    def name = @handler.name

    def registration = self

    # Whether it was registered for that function, method or object.
    def of?(target) = @handler.of?(target)

    # Keeps a message for those of its terms that want it. Returns how it is to be called when that completes it, false when the message
    # is kept, nil when no term wants it. What a guard raises is given to the block.
    def take(message, terms, &failed)
      wanting = terms.select { |term| wants?(term, message, &failed) }
      return if wanting.empty?

      @mutex.synchronize do
        wanting.each { |term| @heard[term] = message }
        next false if @heard.size < @terms.size

        messages = @heard.values_at(*@terms)
        @heard.clear
        Completed.new(self, messages)
      end
    end

    def inspect = "#<#{self.class} #{@condition} #{source}>"

    private

    def wants?(term, message)
      term.wants?(message)
    rescue HandlersOwn => e
      yield e, term
      false
    end
  end

  # One term of a condition, in the router.
  class TermFollowing < Following
    # The ConditionFollowing: what several terms of one message reach once.
    attr_reader :target

    def initialize(bus, term, following)
      super(bus, term.pattern, guard: term.guard, source: following.source)
      @target = following
    end

    def kind = :condition

    def alive? = @target.alive?

    def name = @target.name

    def registration = @target

    # A term alone never ends: its condition does.
    def unfollow = @target.unfollow
  end

  # A condition whose every term was heard, as the dispatcher calls handlers.
  Completed = Struct.new(:registration, :messages) do
    def order = registration.order

    def source = registration.source

    def call(_message) = registration.handler.call_with(messages)
  end
  private_constant :TermFollowing, :Completed
end
