# frozen_string_literal: true

# One Consume stream, from its opening to its end: one thread reads it, and what comes is handed to whoever iterates or waits.
require_relative "consume_requests"

module BerryMQ
  class Consuming
    # How long a verdict may take; how long those under way may take when the stream is ended.
    SETTLE_SECONDS = 10.0
    CLOSE_SECONDS = 5.0
    private_constant :SETTLE_SECONDS, :CLOSE_SECONDS

    def initialize(transport, keeper, name, credit, auto_ack)
      @keeper = keeper
      @auto_ack = auto_ack
      @pid = Process.pid
      @mutex = Mutex.new
      @answered = ConditionVariable.new
      @pushed = Thread::Queue.new # what the gateway pushed; closed with the stream
      @unsettled = {} # lease ids of what it pushed: each holds a credit
      @awaiting = [] # whom to tell of outcomes, in order of the verdicts
      @handing_over = @over = false
      @requests = ConsumeRequests.new({ queue: name, credit: credit, auto_ack: auto_ack })
      @call = transport.consume(@requests)
    end

    # Yields Deliveries; giving up the iteration ends the stream, and the gateway releases what is unsettled. Raises what ended it.
    def each
      @reader = Thread.new { read }
      @reader.name = "berrymq-consume"
      while (told = @pushed.pop)
        @handing_over = true
        yield @keeper.delivery(told, settler: self)
        @handing_over = false
        @requests.grant(1) if @auto_ack
      end
      raise @ended_by if @ended_by
    ensure
      @requests.close
      @call.cancel
    end

    # True while the consumer's own code runs, or when that ended the iteration.
    def handing_over? = @handing_over

    # Ends it, from any thread, once verdicts under way are carried out; `each` raises Closed. A forked child leaves its parent's alone.
    def cancel
      return unless @pid == Process.pid

      deadline = Clock.now + CLOSE_SECONDS
      @mutex.synchronize do
        @answered.wait(@mutex, Clock.left(deadline)) until @awaiting.empty? || Clock.past?(deadline) || Thread.current == @reader
      end
      @call.cancel
    end

    # What follows settles what it brought.

    # Carries a verdict out; whether it gave the message up. Raises what the gateway refuses it with; Timeout.
    def settle(lease_id, verb, detail)
      outcome = nil
      say(lease_id, verb, detail) { |*told| @mutex.synchronize { (outcome = told) && @answered.broadcast } }
      deadline = Clock.now + SETTLE_SECONDS
      @mutex.synchronize { @answered.wait(@mutex, Clock.left(deadline)) until outcome || Clock.past?(deadline) }
      raise Timeout, "the gateway did not settle within #{SETTLE_SECONDS} s" unless outcome

      error, dead = outcome
      error ? raise(error) : dead
    end

    # See Delivery#settle_soon.
    def settle_soon(lease_id, verb, detail)
      say(lease_id, verb, detail) { |error| yield error if error }
    end

    def give_up(lease_id)
      credit = @mutex.synchronize { credit_of(lease_id) }
      @requests.grant(credit) if credit.positive?
    end

    # Its leases ended with it.
    def over? = @over

    private

    # The block is called with the error of the outcome, or nil, and whether the message was given up.
    def say(lease_id, verb, detail, &told)
      settlement = QueueWire.settlement(lease_id, verb, detail)
      said = @mutex.synchronize do
        next false if @over

        @awaiting << told
        @requests.settle(settlement, credit_of(lease_id))
      end
      told.call(lost) unless said
    end

    # What the end of a lease gives back to the gateway.
    def credit_of(lease_id) = @unsettled.delete(lease_id) ? 1 : 0

    def read
      @call.each do |response|
        response.outcomes.each { |outcome| answer(outcome) }
        response.deliveries.each { |told| push(told) }
        break if response.drain
      end
    rescue Error => e
      @ended_by = e
    ensure
      finish
    end

    def push(told)
      @mutex.synchronize { @unsettled[told.lease_id] = true } unless told.lease_id.empty?
      @pushed << told
    end

    def answer(outcome)
      told = @mutex.synchronize { @awaiting.shift.tap { @answered.broadcast if @awaiting.empty? } }
      told&.call(outcome.error && Error.told(outcome.error), outcome.dead)
    end

    # The gateway released what it had pushed, taken or not.
    def finish
      awaiting = @mutex.synchronize do
        @over = true
        @unsettled.clear
        @awaiting.slice!(0..).tap { @answered.broadcast }
      end
      awaiting.each { |told| told.call(lost) }
      @requests.close
      @pushed.clear unless @auto_ack
      @pushed.close
    end

    def lost = LeaseLost.new("the connection was lost, and the gateway released what it had pushed over it")
  end
  private_constant :Consuming
end
