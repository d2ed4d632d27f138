# frozen_string_literal: true

# Hands one message to the local followers that want it, and what they answer to whoever asked.
module BerryMQ
  # How a handler ended: `number` of `of`; `error` is nil when it returned `value`.
  Outcome = Struct.new(:number, :of, :value, :error) do
    # The value, or HandlerFailed.
    def unwrap
      raise HandlerFailed.of(error), cause: error if error

      value
    end
  end
  private_constant :Outcome

  # Whom a message reached in this process: followers called (handlers among them), queues; `refusal` when a queue
  # refused it; how many conditions kept it for later (they are among the followers).
  Tally = Struct.new(:followers, :handlers, :queues, :refusal, :kept)
  private_constant :Tally

  class Dispatcher
    # The name of the thread in which what comes over the link is dispatched.
    LINKS_THREAD = "berrymq-dispatch"
    NOBODY = Tally.new(0, 0, 0).freeze
    NONE = [0, 0].freeze
    # Of so many handlers and nobody else: a message that costs as little as a call need not make one.
    HANDLERS = Array.new(33) { |count| Tally.new(count, count, 0, nil, 0).freeze }.freeze
    private_constant :NOBODY, :NONE, :HANDLERS

    def initialize(router, publications, clock)
      @router = router
      @clock = clock
      @publications = publications
      @workers = nil
      @multiplicity = 0
      @on_error = method(:log)
      @handler_errors = HandlerErrors.new
      @watch = nil
    end

    # What `report` was told of handlers.
    attr_reader :handler_errors

    # What is called with (error, message, handler); what a test watches with, or nil: see Testing::Records.
    attr_accessor :on_error, :watch

    # How many threads handlers run in; 0 = in that of whoever publishes.
    attr_reader :multiplicity

    # Calls every follower that wants the message, in order; returns a Tally. A message that came over the link (`remote`)
    # does not reach local names. One that a queue refuses reaches nobody after it. The block is called with each handler's Outcome.
    def deliver(message, remote: false, &answer)
      @watch&.published(message) unless remote
      route = @router.route(message.identifier)
      @publications.note(message) if !remote && route.looked_at?
      return NOBODY if route.nobody?
      return call_each(route.handlers, message, remote) if route.simple? && answer.nil? && @workers.nil?

      hand_round(route, message, remote, answer)
    end

    # As deliver, in this thread and without answers, whatever the multiplicity is.
    def deliver_here(message)
      route = @router.route(message.identifier)
      give(route.streams, message, false)
      route.handlers.each { |handler| call(handler, message, 1, 1, nil) if wants?(handler, message, false) }
    end

    # Tells whoever wants to know. What that raises is printed, not raised.
    def report(error, message, handler)
      @handler_errors.add(error, message, handler) if handler
      @on_error.call(error, message, handler)
    rescue StandardError => e
      warn "berryMQ: on_error raised #{e.class}: #{e.message}"
    end

    # 0 threads = handlers run in the thread of whoever publishes.
    def multiplicity=(count)
      unless count.is_a?(Integer) && count.between?(0, 1024)
        raise InvalidArgument, "the multiplicity is #{count.inspect}; it takes a number of threads from 0 to 1024"
      end

      before = @workers
      @workers = count.zero? ? nil : workers(count)
      @multiplicity = count
      before&.close
    end

    # Waits for threads that run handlers, so many seconds. What is dispatched afterwards runs in the thread that publishes.
    def close(seconds)
      workers = @workers
      @workers = nil
      workers&.close(seconds)
    end

    # A forked child has none of its parent's threads.
    def after_fork
      @workers &&= workers(@multiplicity)
    end

    private

    def workers(count) = @clock.virtual&.workers(count) || Workers.new(count)

    # How many queues keep it. Raises QueueFull when one of them has no room, and none keeps it then; what another process published
    # cannot be refused there any more.
    def keep(queues, message, remote)
      return 0 if queues.empty?
      return queues.sum { |queue| keep_remote(queue, message) } if remote

      refusal = queues.filter_map { |queue| queue.sink&.refusal(message) if wants?(queue, message, false) }.first if queues.size > 1
      refusal ? raise(refusal) : give(queues, message, false)
    end

    def keep_remote(queue, message)
      give([queue], message, true)
    rescue QueueFull => e
      report(e, message, nil)
      0
    end

    # How many took it.
    def give(sinks, message, remote)
      return 0 if sinks.empty?

      sinks.select { |sink| wants?(sink, message, remote) }.uniq(&:target).each { |sink| sink.call(message) }.size
    end

    def wants?(entry, message, remote)
      return false if remote && entry.local?
      return entry.wants?(message) && (@watch.nil? || !@watch.dropped?(entry, message)) if entry.alive?

      entry.unfollow
      false
    rescue HandlersOwn => e
      report(e, message, entry)
      false
    end

    # Queues first, which may refuse; handlers last, once all of them were asked whether they want it.
    def hand_round(route, message, remote, answer)
      queues, streams = route.simple? ? NONE : [keep(route.queues, message, remote), give(route.streams, message, remote)]
      handlers = route.handlers.select { |handler| wants?(handler, message, remote) }
      kept = route.simple? ? 0 : take_in(route.conditions, message, remote, handlers)
      count = handlers.size
      call_all(handlers, message, count, answer)
      Tally.new(streams + count + kept, count, queues, nil, kept)
    rescue QueueFull => e
      Tally.new(0, 0, 0, e)
    end

    # Those that want it, one after the other, where nobody wants to know what they came to; returns a Tally.
    def call_each(handlers, message, remote)
      count = 0
      handlers.each do |handler|
        next unless wants?(handler, message, remote)

        count += 1
        call(handler, message, count, nil, nil)
      end
      HANDLERS[count] || Tally.new(count, count, 0, nil, 0)
    end

    # Adds the conditions that the message completes to the handlers; how many others keep it.
    def take_in(terms, message, remote, handlers)
      return 0 if terms.empty?

      terms = terms.select { |term| term.alive? ? !(remote && term.local?) && !@watch&.dropped?(term, message) : term.unfollow }
      taken = terms.group_by(&:target).map do |condition, own|
        condition.take(message, own) { |error, term| report(error, message, term.registration) }
      end
      handlers.concat(taken.select { |completed| completed }).sort_by!(&:order)
      taken.count(false)
    end

    def call_all(handlers, message, count, answer)
      workers = @workers
      return start_all(workers, handlers, message, count, answer) if workers

      handlers.each_with_index { |handler, index| call(handler, message, index + 1, count, answer) }
    end

    def start_all(workers, handlers, message, count, answer)
      endless = message.expires_micros.zero?
      handlers.each_with_index do |handler, index|
        number = index + 1
        workers.run { (endless || in_time?(message, number, count, answer)) && call(handler, message, number, count, answer) }
      end
    end

    # A message may expire while it waits for a thread.
    def in_time?(message, number, of, answer)
      return true unless message.expired?(@clock.wall)

      answer&.call(Outcome.new(number, of, nil, Timeout.new("#{message.id} expired before a thread was free")))
      false
    end

    def call(handler, message, number, of, answer)
      value = @watch ? @watch.call(handler, message) : handler.call(message)
    rescue HandlersOwn => e
      report(e, message, handler.registration)
      answer&.call(Outcome.new(number, of, nil, e))
    else
      answer&.call(Outcome.new(number, of, value, nil))
    end

    def log(error, message, handler)
      place = handler ? handler.source || handler.name : "the SDK"
      warn "berryMQ: #{place}#{", at #{message.id}," if message} met #{error.class}: #{HandlerFailed.text_of(error)}"
    end
  end
end
