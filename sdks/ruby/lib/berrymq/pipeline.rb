# frozen_string_literal: true

# Talks over several identifiers: what a handler of one returns goes to the next.
require_relative "hop"

module BerryMQ
  # `BerryMQ.pipeline("image:added", "image:resized", "image:stored")`. Keeps nothing of what it sends: everything travels with the
  # messages, so that each hop may run in another process and language.
  class Pipeline
    COUNT = (2..100)
    private_constant :COUNT

    # Its steps, in order.
    attr_reader :identifiers

    # The identifier that is told of failures, or nil.
    attr_reader :errors

    # The identifier that is told every result, or nil.
    attr_reader :results

    # Seconds for the whole, or nil.
    attr_reader :deadline

    # `hops` (Hops) tells of the first message that nobody takes. Raises InvalidArgument, InvalidIdentifier and ReservedIdentifier.
    def initialize(bus, hops, identifiers, errors: nil, results: nil, deadline: nil)
      unless COUNT.cover?(identifiers.size)
        raise InvalidArgument, "a pipeline takes #{COUNT.min} to #{COUNT.max} identifiers; this one has #{identifiers.size}"
      end
      unless deadline.nil? || (deadline.is_a?(Numeric) && deadline.to_f.finite? && deadline.positive?)
        raise InvalidArgument, "deadline is #{deadline.inspect}; it takes seconds above 0"
      end

      @bus = bus
      @hops = hops
      @identifiers = identifiers.map { |identifier| checked(identifier) }.freeze
      @errors = errors && checked(errors)
      @results = results && checked(results)
      @deadline = deadline
    end

    # Publishes to the first; each result goes to the next, that of the last but one to the last, which is told and not asked.
    # Returns the Receipt of the first.
    def talk(*args, **kwargs)
      return @bus.talk(*@identifiers, *args, **kwargs) if plain?

      start(@identifiers.drop(1), @errors, args, kwargs).first
    end

    # As talk, and asks the last, too: returns the first answer's value. Raises NoFollowers, HandlerFailed and Timeout (30 s without
    # a deadline).
    def ask(*args, **kwargs)
      reply = "#{Hop::ANSWERS}#{MessageIds.next}"
      answers = @bus.follow(reply, *@errors)
      ends = @bus.clock.now + seconds
      @bus.flush(timeout: seconds)
      _, id = start([*@identifiers.drop(1), reply], @errors || reply, args, kwargs)
      value_of(answer(answers, reply, id, ends))
    ensure
      answers&.close
    end

    def inspect = "#<#{self.class} #{@identifiers.join(" → ")}>"

    private

    def checked(identifier)
      identifier = Identifier.parse(identifier)
      raise InvalidArgument, "#{identifier} is local; a pipeline may leave the process, so name it without the _" if identifier.local?
      raise ReservedIdentifier, "#{identifier} belongs to the system; take any other name" if identifier.reserved?

      identifier.text
    end

    def plain? = @identifiers.size == 2 && !@errors && !@results && !@deadline

    def seconds = @deadline || Asking::DEFAULT_SECONDS

    # [Receipt, id] of the first message.
    def start(route, errors, args, kwargs)
      message = Message.new(@identifiers.first, *args, **kwargs)
      hop = Hop.new(message.message_id, 1, route.drop(1), errors, @results)
      message = message.with(reply_to: route.first, attributes: hop.attributes, **(@deadline ? { ttl: @deadline } : {}))
      receipt = @bus.publish(message)
      @hops.watch(message, hop, receipt)
      [receipt, message.message_id]
    end

    # What comes to the reply, or what `errors` hears of this pipeline.
    def answer(answers, reply, id, ends)
      loop do
        message = answers.get(timeout: @bus.clock.left(ends))
        raise Timeout, "#{@identifiers.join(" → ")} gave no answer within #{seconds} s" unless message
        next unless message.attributes[Hop::PIPELINE] == id
        return message if message.id == reply || message.failure
      end
    end

    def value_of(message)
      failure = message.failure
      raise NoFollowers, failure.text if failure&.class_name == "NoFollowers"
      raise Timeout, failure.text if failure&.class_name == "Timeout"

      Asking.value_of(message)
    end
  end
end
