# frozen_string_literal: true

# What a handler's parameters say about what it is called with. Looked at once, when it is registered.
module BerryMQ
  # The parameters of one callable. Keyword parameters get the kwargs of those names, `**rest` the others; what takes one message and no
  # keywords is called as it is.
  class Parameters
    POSITIONAL = %i[req opt].freeze
    KEYWORDS = %i[key keyreq].freeze
    private_constant :POSITIONAL, :KEYWORDS

    # `callable` is a Proc, a Method or something with a method `call`. Calls that are told (auto_twitter) are looked through.
    def initialize(callable)
      callable = callable.method(:call) unless callable.respond_to?(:parameters)
      callable = Parameters.told(callable)
      @list = callable.parameters
      # As of Ruby's own: blocks and procs take as many as they are given.
      @lenient = callable.is_a?(Proc) && !callable.lambda?
      @required = names(:keyreq)
      @known = names(*KEYWORDS)
      @rest = names(:keyrest).any?
    end

    # Raises InvalidArgument unless it can be called with so many messages; `label` names it. `called`: with as much else.
    def check(messages, label, called = Parameters.called(messages))
      raise InvalidArgument, "#{label} takes #{taken}; #{called}" unless @lenient || takes?(messages)
      return unless messages > 1 && @known.any?

      raise InvalidArgument, "#{label} takes keywords; #{called}, and they have kwargs to be read"
    end

    # Raises InvalidArgument when it names keywords, or takes nothing else: nobody gives it any.
    def check_no_keywords(label)
      return if @known.empty? && (message? || !@rest)

      raise InvalidArgument, "#{label} takes keywords, and is given none; read them from the message, as message.kwargs[:size]"
    end

    # The callable, or the block, for the call of that name; raises InvalidArgument when both came.
    def self.one_of(callable, block, call)
      return callable || block unless callable && block

      raise InvalidArgument, "#{call} was given #{callable.inspect} and a block; it calls one of them (a guard is given by guard:)"
    end

    def self.called(messages)
      "a handler is called with #{messages == 1 ? "one message" : "#{messages} messages, one for each term"}"
    end

    # Whether the kwargs are wanted.
    def keywords? = @rest || @known.any?

    # Whether the message itself is wanted beside them.
    def message? = @lenient || @list.any? { |kind, _| POSITIONAL.include?(kind) || kind == :rest }

    # The keywords to call it with. Raises Reject, naming the handler and the field, when one is missing.
    def keywords_of(message, label)
      kwargs = message.kwargs
      missing = @required.find { |name| !kwargs.key?(name) }
      raise Reject, "#{label} needs the keyword #{missing}, which #{message.id} does not carry" if missing

      @rest ? kwargs : kwargs.slice(*@known)
    rescue MalformedMessage => e
      raise Reject, "#{label} needs keywords: #{e.message}"
    end

    # The method behind one whose calls are told.
    def self.told(callable)
      return callable unless callable.is_a?(Method) || callable.is_a?(UnboundMethod)

      callable = callable.super_method while callable.owner.is_a?(Teller)
      callable
    end

    # `Logger#receive_log (app/logger.rb:12)`: how errors and diagrams name a handler.
    def self.label(name, source) = source ? "#{name} (#{source})" : name

    # `Logger#receive_log`, `Logger.receive`, `lambda`, `block`, or the class of what has a method `call`.
    def self.name_of(callable)
      case callable
      when Method
        receiver = callable.receiver
        receiver.is_a?(Module) ? "#{receiver}.#{callable.name}" : "#{receiver.class}##{callable.name}"
      when Proc then callable.lambda? ? "lambda" : "block"
      else callable.class.to_s
      end
    end

    private

    def names(*kinds) = @list.select { |kind, _| kinds.include?(kind) }.map { |kind, name| name || kind }

    # A handler of keywords alone is called without the message.
    def takes?(messages)
      return true if messages == 1 && !message? && keywords?

      messages.between?(*span)
    end

    def span
      required = @list.count { |kind, _| kind == :req }
      most = @list.any? { |kind, _| kind == :rest } ? Float::INFINITY : @list.count { |kind, _| POSITIONAL.include?(kind) }
      [required, most]
    end

    def taken
      least, most = span
      return "no arguments" if most.zero?
      return "at least #{least} arguments" if most == Float::INFINITY
      return "#{least} to #{most} arguments" if least < most

      least == 1 ? "1 argument" : "#{least} arguments"
    end
  end
  private_constant :Parameters
end
