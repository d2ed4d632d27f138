# frozen_string_literal: true

# Durable following: a handler that is fed from a queue. What it returns is the acknowledgement, what it raises a verdict.
module BerryMQ
  # The handler of one queue, `concurrency` messages at a time. Where the queue is kept is told by `feed`; it may be fed by several.
  class Work
    # How long `stop` waits for handlers that run.
    STOP_SECONDS = 5.0
    # Between attempts when feeding failed for a reason that may pass.
    PAUSE = 0.5
    private_constant :PAUSE

    # `handler` answers `alive?`, `wants?(message)` and `call(message)`; `tell` is called with (error, message, handler) for what it
    # raises; `answer` with (message, Outcome) for a talk's; `watch` for what a test watches with, or nil.
    def initialize(handler, leases, concurrency: 1, tell: nil, answer: nil, watch: nil)
      unless concurrency.is_a?(Integer) && concurrency.between?(1, 1024)
        raise InvalidArgument, "concurrency is #{concurrency.inspect}; it takes an Integer from 1 to 1024"
      end

      @handler = handler
      @leases = leases
      @clock = leases.clock
      @tell = tell
      @answer = answer
      @watch = watch
      @mutex = Mutex.new
      @changed = @clock.condition
      @free = concurrency
      @concurrency = concurrency
      @keepers = {}.compare_by_identity # keeper → thread
      @stopping = false
    end

    # Works what a LocalQueue or a GatewayQueue keeps, from now on; after `stop`, again.
    def feed(keeper)
      @mutex.synchronize do
        @stopping = false
        @keepers[keeper] = @clock.thread("berrymq-work") { consume(keeper) }
      end
    end

    # Takes nothing more; handlers that run may end and settle, until a deadline of the clock (5 s from now). Idempotent.
    def stop(deadline = @clock.now + STOP_SECONDS)
      threads = @mutex.synchronize do
        @stopping = true
        @changed.broadcast
        @changed.wait(@mutex, @clock.left(deadline)) until idle? || @clock.past?(deadline)
        @keepers.dup
      end
      threads.each_key(&:wake)
      threads.each_value { |thread| thread.join(@clock.left(deadline)) unless thread == Thread.current }
      nil
    end

    # Has its threads wait by the clock as it now is.
    def wake
      @mutex.synchronize { @changed.broadcast }
      @keepers.each_key(&:wake)
    end

    # As stop, and knows nothing more of what fed it.
    def leave
      stop
      @mutex.synchronize { @keepers.clear }
    end

    # In a forked child, which has none of its parent's threads.
    def after_fork
      keepers = @keepers.keys
      @keepers.clear
      @free = @concurrency
      keepers.each { |keeper| feed(keeper) } unless @stopping
    end

    private

    # A handler that ends the work waits for the others, not for itself.
    def idle? = @free >= @concurrency - (Thread.current.thread_variable_get(:berrymq_working) == self ? 1 : 0)

    def consume(keeper)
      keeper.consume(@concurrency, false, -> { @stopping }) { |delivery| begin_one(keeper, delivery) }
    rescue QueueNotFound, TakenOver, Closed => e
      @tell&.call(e, nil, @handler) unless @stopping || e.is_a?(TakenOver)
    rescue StandardError => e
      @tell&.call(e, nil, @handler)
      retry if pause_unless_stopping
    ensure
      @mutex.synchronize { @keepers.delete(keeper) }
    end

    def pause_unless_stopping
      @mutex.synchronize do
        @changed.wait(@mutex, PAUSE) unless @stopping
        !@stopping
      end
    end

    # In this thread when there is one message at a time, else in one of its own. Returns once the next may come.
    def begin_one(keeper, delivery)
      return give_back(delivery) unless take_place

      work = -> { leave_place { settle_one(keeper, delivery) } }
      return work.call if @concurrency == 1

      @clock.thread("berrymq-work", &work)
      @mutex.synchronize { @changed.wait(@mutex) until @free.positive? || @stopping }
    end

    def take_place
      @mutex.synchronize do
        @changed.wait(@mutex) until @free.positive? || @stopping
        @free -= 1 unless @stopping
      end
    end

    def leave_place
      Thread.current.thread_variable_set(:berrymq_working, self)
      yield
    rescue StandardError => e
      @tell&.call(e, nil, @handler)
    ensure
      Thread.current.thread_variable_set(:berrymq_working, nil)
      @mutex.synchronize do
        @free += 1
        @changed.broadcast
      end
    end

    def settle_one(keeper, delivery)
      return give_up(keeper, delivery) unless @handler.alive?

      @leases.during(delivery, keeper.lease) do |hold|
        message = delivery.message.delivered(delivery.attempt, hold)
        verb, detail, failure = verdict(message)
        hold.lost? ? delivery.give_up : carry_out(delivery, message, verb, detail, failure)
      end
    end

    # The handler's object is gone: others may work the queue.
    def give_up(keeper, delivery)
      @mutex.synchronize { @stopping = true }
      give_back(delivery)
      keeper.wake
    end

    # Where it is lost already, it is back.
    def give_back(delivery) = delivery.settle_soon(:release) { nil }

    # What the handler says, as the name of a verdict and its argument; what it raised, when that counts as an attempt.
    def verdict(message)
      return [:ack] unless @handler.wants?(message)

      value = call(message)
      answer(message, value, nil)
      [:ack]
    rescue Retry => e
      [:retry, e.after, e]
    rescue Release
      [:release]
    rescue Reject => e
      answer(message, nil, e)
      [:reject, e.why]
    rescue HandlersOwn => e
      @tell&.call(e, message, @handler)
      [:retry, nil, e]
    end

    def call(message)
      watch = @watch&.call
      watch ? watch.call(@handler, message) : @handler.call(message)
    end

    def answer(message, value, error)
      @answer&.call(message, Outcome.new(1, 1, value, error)) if message.reply_to
    end

    def carry_out(delivery, message, verb, detail, failure)
      if failure && message.reply_to
        answer(message, nil, failure) if delivery.gives_up?(verb, detail)
      else
        delivery.settle_soon(verb, detail) { |error| not_settled(error, message) }
      end
    rescue Error => e
      not_settled(e, message)
    end

    # What cannot be settled any more comes again; nobody needs to hear of it.
    def not_settled(error, message)
      @tell&.call(error, message, @handler) unless error.is_a?(LeaseLost) || error.is_a?(Closed) || error.retryable?
    end
  end
  private_constant :Work
end
