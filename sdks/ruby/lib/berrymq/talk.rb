# frozen_string_literal: true

# Talks: answers that travel, and asking for them.
module BerryMQ
  # Publishes what handlers answer to the identifier that wants it.
  class Answering
    MAX_HOPS = 100

    # `forward` is called with an answer and true when only the gateway may hear it, and returns its Receipt.
    def initialize(dispatcher, clock, &forward)
      @dispatcher = dispatcher
      @forward = forward
      @hops = Hops.new(clock, method(:send_hop), dispatcher.method(:report))
    end

    # Those of pipelines.
    attr_reader :hops

    # Publishes one Outcome as the answer to `message`, which came over the link when `remote`.
    def publish(message, outcome, remote)
      hop = Hop.of(message)
      return @hops.publish(message, hop, outcome) if hop

      reply = outcome.error ? refusal(message, outcome.error) : Message.new(message.reply_to, outcome.value)
      send_answer(message, reply, outcome, remote)
    rescue NotEncodable => e
      @dispatcher.report(e, message, nil)
      send_answer(message, refusal(message, e), Outcome.new(outcome.number, outcome.of, nil, e), remote)
    rescue Error => e
      @dispatcher.report(e, message, nil)
    end

    # Tells the gateway, which asks for somebody, that nobody here wants to answer.
    def decline(message)
      send_answer(message, Message.new(message.reply_to), Outcome.new(0, 0), true)
    rescue Error => e
      @dispatcher.report(e, message, nil)
    end

    # What a message that tells of an error holds; see Message#with.
    def self.failure(error)
      told = { "class" => HandlerFailed.name_of(error), "text" => HandlerFailed.text_of(error) }
      { payload: JSON.generate(told), content_type: Payload::FAILURE }
    end

    private

    # What a queue of this process refuses, the receipt tells, as it does of a gateway's.
    def send_hop(message)
      @forward.call(message, false)
    rescue QueueFull => e
      Receipt.new(message).refuse(e)
    end

    def refusal(message, error) = Message.new(message.reply_to).with(**Answering.failure(error))

    def send_answer(message, reply, outcome, remote)
      hops = message.hops + 1
      raise HopLimit, "#{message.id} has travelled #{message.hops} talks; its answer goes no further" if hops > MAX_HOPS

      mark = Answer.new(to: message.message_id, number: outcome.number, of: outcome.of, failed: !outcome.error.nil?)
      @forward.call(reply.with(hops: hops, answer: mark), remote && reply.identifier.local?)
    end
  end
  private_constant :Answering

  # Outcomes of local handlers, which may run in other threads.
  class Outcomes
    def initialize(clock)
      @clock = clock
      @mutex = Mutex.new
      @changed = nil # a condition, once somebody waits
      @outcomes = []
    end

    def push(outcome)
      @mutex.synchronize do
        @outcomes << outcome
        @changed&.signal
      end
    end

    # The next one; raises Timeout at the deadline.
    def take(deadline)
      @mutex.synchronize do
        until (outcome = @outcomes.shift)
          raise Timeout, "no handler answered in time" if @clock.past?(deadline)

          (@changed ||= @clock.condition).wait(@mutex, @clock.left(deadline))
        end
        outcome
      end
    end
  end
  private_constant :Outcomes

  # Asking with a time of its own: `within(5).ask("calc:add", 1, 2)`.
  class Asking
    EVERYBODY = 4_294_967_295
    DEFAULT_SECONDS = 30.0
    private_constant :EVERYBODY

    def initialize(bus, seconds)
      unless seconds.is_a?(Numeric) && seconds.positive? && seconds <= 3600
        raise InvalidArgument, "within(#{seconds.inspect}): it takes seconds above 0 and up to 3600"
      end

      @bus = bus
      @seconds = seconds
    end

    # The first answer's value. Raises HandlerFailed, NoFollowers (at once) or Timeout.
    def ask(identifier, *args, **kwargs)
      asked = start(identifier, args, kwargs)
      if asked.handlers.positive?
        @bus.forward(asked.message)
        return asked.outcomes.take(asked.deadline).unwrap
      end

      Asking.value_of(remote(asked, 1).first || raise(NoFollowers, nobody(asked)))
    rescue Timeout => e
      raise e unless Thread.current.name == Dispatcher::LINKS_THREAD

      raise Timeout, "#{e.message}; this handler runs in the thread in which all that comes from the gateway is handled: if whoever is " \
                     "asked asks this program in turn, set_multiplicity(n) has handlers run in n threads"
    end

    # Everybody's answers, as they come: an Enumerator of values, or each to the block. A failed one raises when it is reached.
    def ask_many(identifier, *args, **kwargs, &block)
      asked = start(identifier, args, kwargs)
      others = @bus.connected_for?(asked.message) ? remote(asked, EVERYBODY) : []
      raise NoFollowers, nobody(asked) if asked.handlers.zero? && !@bus.connected_for?(asked.message)

      answers = Enumerator.new { |yielder| collect(asked, others, yielder) }
      block ? answers.each(&block) : answers
    end

    # The value that an answer's message carries; raises HandlerFailed when it is a failure.
    def self.value_of(message)
      failure = message.failure
      raise HandlerFailed.new(failure.class_name, failure.text) if failure

      message.args.first
    end

    Asked = Struct.new(:message, :deadline, :outcomes, :handlers)
    private_constant :Asked

    private

    def start(identifier, args, kwargs)
      message = @bus.prepare(identifier, args, kwargs)
      outcomes = Outcomes.new(@bus.clock)
      deadline = @bus.clock.now + @seconds.to_f
      tally = @bus.deliver(message) { |outcome| outcomes.push(outcome) }
      raise tally.refusal if tally.refusal

      Asked.new(message, deadline, outcomes, tally.handlers)
    end

    def remote(asked, answers)
      raise NoFollowers, nobody(asked) unless @bus.connected_for?(asked.message)

      @bus.link.ask(asked.message, answers, [asked.deadline - @bus.clock.now, 0.001].max)
    end

    def nobody(asked) = "nobody answers #{asked.message.id}: no handler here follows it, and no gateway knows another"

    def collect(asked, others, yielder)
      asked.handlers.times { yielder << asked.outcomes.take(asked.deadline).unwrap }
      others.each { |message| yielder << Asking.value_of(message) }
    rescue NoFollowers, Timeout
      raise if asked.handlers.zero?
    end
  end
end
