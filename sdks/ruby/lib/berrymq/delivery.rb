# frozen_string_literal: true

# One handing-over of one message, and its verdicts.
module BerryMQ
  # Settle it once; again is harmless; after its lease was lost LeaseLost is raised.
  class Delivery
    # The Message that was handed over.
    attr_reader :message

    # Number of the counted attempt, from 1.
    attr_reader :attempt

    # What names the lease; nil with auto_ack.
    attr_reader :lease_id

    # Time when the lease ends.
    attr_reader :deadline

    # It is settled where it came from: with its keeper, or on the stream that brought it.
    def initialize(keeper, message, attempt, lease_id, deadline, settler: keeper)
      @keeper = keeper
      @settler = settler
      @message = message.delivered(attempt)
      @attempt = attempt
      @lease_id = lease_id
      @deadline = deadline
    end

    # Done: the message is forgotten.
    def ack = settle(:ack)

    # Given back at its old place; the attempt is not counted.
    def release = settle(:release)

    # Given back after `delay` seconds (nil = the queue's backoff); the attempt is counted.
    def retry(delay: nil)
      unless delay.nil? || (delay.is_a?(Numeric) && !delay.negative?)
        raise InvalidArgument, "retry(delay: #{delay.inspect}): it takes seconds from 0 on, or nothing for the queue's backoff"
      end

      settle(:retry, delay)
    end

    # Given up: it goes to the dead letters, with the reason.
    def reject(why = nil) = settle(:reject, why)

    # Prolongs the lease to so many seconds from now (nil = the queue's lease).
    def extend(seconds = nil)
      unless seconds.nil? || (seconds.is_a?(Numeric) && seconds.positive?)
        raise InvalidArgument, "extend(#{seconds.inspect}): it takes seconds above 0, or nothing for the queue's lease"
      end

      @deadline = @keeper.extend_lease(leased, seconds)
      nil
    end

    def inspect = "#<BerryMQ::Delivery #{@message.id} #{@message.message_id}, attempt #{@attempt}>"

    # What follows is for handlers that are fed from queues.

    # Settles without waiting: verdicts travel together. The block hears, in any thread, of one that could not be carried out.
    def settle_soon(verb, detail = nil, &failed) = @settler.settle_soon(leased, verb, detail, &failed)

    # Settles; whether that gave the message up: it is a dead letter now.
    def gives_up?(verb, detail = nil) = @settler.settle(leased, verb, detail)

    # Its lease was lost: nothing is settled, and something else may come instead.
    def give_up = streamed? && @settler.give_up(@lease_id)

    # The stream that brought it is over, and its lease with it.
    def lost? = streamed? && @settler.over?

    private

    def streamed? = !@settler.equal?(@keeper)

    def settle(verb, detail = nil)
      @settler.settle(leased, verb, detail)
      nil
    end

    def leased
      @lease_id || raise(LeaseLost, "#{@message.id} was acknowledged on the way out (auto_ack); get it with auto_ack: false to settle it")
    end
  end
end
