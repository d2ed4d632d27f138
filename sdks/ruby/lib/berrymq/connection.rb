# frozen_string_literal: true

# One connection of a link, from its streams' opening to their end. What outlives it is the link's.
module BerryMQ
  class Connection
    # Bytes of messages that the gateway may send ahead of their dispatch.
    CREDIT = 4 * 1024 * 1024
    CREDIT_PIECE = CREDIT / 16
    # How long a gateway that is about to stop may take to answer.
    DRAIN_SECONDS = 5.0
    private_constant :CREDIT, :CREDIT_PIECE, :DRAIN_SECONDS

    attr_reader :transport

    def initialize(link, outbox, transport)
      @link = link
      @outbox = outbox
      @transport = transport
      @follow_requests = Thread::Queue.new
      @dispatched = 0 # bytes whose credit was not given back yet; the dispatching thread's
      @closed = false
    end

    # Opens both streams and reads them until one ends; returns the error that ended it, or nil.
    def run
      open_follow
      open_publish
      read_follow
      nil
    rescue NotSupported
      raise
    rescue Error => e
      e
    ensure
      close
      @answers&.join
    end

    # Adds a pattern (`followed` is [answers, source]) or, with nil, removes it.
    def follow(pattern, followed, revision)
      change = followed ? { add: [followed_pattern(pattern, followed)] } : { remove: [pattern] }
      @follow_requests << { **change, revision: revision }
    rescue ClosedQueueError
      nil # the next connection opens with it
    end

    # Tells that the handlers of a message with `require_ack` have returned; without a connection it comes again.
    def acknowledge(id)
      @follow_requests << { acknowledge: [id] }
    rescue ClosedQueueError
      nil
    end

    # Ends both streams. Idempotent; callable from any thread.
    def close
      return if @closed

      @closed = true
      @outbox.rewind(nil)
      @follow_requests.close
      [@follow, @publish].compact.each(&:cancel)
      @transport.close
    end

    # In a forked child, whose parent goes on with it.
    def abandon
      ForkHook.keep(self)
      @transport.abandon
    end

    private

    def open_follow
      patterns, revision = @link.opening
      added = patterns.map { |pattern, followed| followed_pattern(pattern, followed) }
      @follow_requests << { add: added, credit: CREDIT, revision: revision }
      @follow = @transport.follow(@follow_requests)
    end

    def open_publish
      @publish = @transport.publish_batches { @outbox.take(self) }
      raise Closed, "the connection was closed while it was opened" if @closed

      @outbox.rewind(self)
      @answers = Thread.new { read_answers }
      @answers.name = "berrymq-answers"
    end

    def followed_pattern(pattern, followed)
      { pattern: pattern, answers: followed[0], source: followed[1] || "" }
    end

    def read_follow
      @follow.each do |arrival|
        @link.applied(arrival.applied_revision) if arrival.applied_revision
        @link.arrived(arrival.messages) { give_credit(arrival.bytes) } if arrival.messages.any?
        return depart(arrival.drain) if arrival.drain
      end
    end

    # Back in large pieces: small ones would cost a request each. The last message of a follower may exceed its credit.
    def give_credit(bytes)
      @dispatched += bytes
      return if @dispatched < CREDIT_PIECE

      @follow_requests << { credit: @dispatched }
      @dispatched = 0
    rescue ClosedQueueError
      nil # that credit ended with its stream
    end

    def read_answers
      @publish.each do |response|
        @link.settle(response.through, response.accepted.map { |run| accepted(run) }, response.refused.map { |run| refused(run) })
        depart(response.drain) if response.drain
      end
    rescue Unavailable, Closed
      nil # the follow stream ends with it
    rescue Error => e
      @link.report(e)
    ensure
      close
    end

    def accepted(run) = [run.first_sequence, run.count, run.followers, run.queues]

    def refused(run) = [run.first_sequence, run.count, Error.told(run.error)]

    # The gateway is about to stop: sends nothing more, takes the answers to what was sent, and goes where it says.
    def depart(drain)
      @link.go_to(drain.address) unless drain.address.empty?
      @outbox.pause
      @answers.join(DRAIN_SECONDS) unless Thread.current == @answers
    end
  end
end
