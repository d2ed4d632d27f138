# frozen_string_literal: true

# One connection of a link, from its streams' opening to their end. What outlives it is the link's.
module BerryMQ
  class Connection
    # Bytes of messages that the gateway may send ahead of their dispatch.
    CREDIT = 4 * 1024 * 1024
    # How long a gateway that is about to stop may take to answer.
    DRAIN_SECONDS = 5.0
    private_constant :CREDIT, :DRAIN_SECONDS

    attr_reader :transport

    def initialize(link, outbox, transport)
      @link = link
      @outbox = outbox
      @transport = transport
      @follow_requests = Thread::Queue.new
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
      request = V1::FollowRequest.new(revision: revision)
      followed ? request.add << followed_pattern(pattern, followed) : request.remove << pattern
      @follow_requests << request
    rescue ClosedQueueError
      nil # the next connection opens with it
    end

    # Tells that the handlers of a message with `require_ack` have returned; without a connection it comes again.
    def acknowledge(id)
      @follow_requests << V1::FollowRequest.new(acknowledge: [id])
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

    private

    def open_follow
      patterns, revision = @link.opening
      added = patterns.map { |pattern, followed| followed_pattern(pattern, followed) }
      @follow_requests << V1::FollowRequest.new(add: added, credit: CREDIT, revision: revision)
      @follow = @transport.follow(each_follow_request)
    end

    def open_publish
      @publish = @transport.publish_batches(each_slice)
      raise Closed, "the connection was closed while it was opened" if @closed

      @outbox.rewind(self)
      @answers = Thread.new { read_answers }
      @answers.name = "berrymq-answers"
    end

    def followed_pattern(pattern, followed)
      V1::FollowedPattern.new(pattern: pattern, answers: followed[0], source: followed[1] || "")
    end

    # gRPC's writing threads run these until they end.
    def each_follow_request
      Enumerator.new do |yielder|
        Thread.current.name = "berrymq-follow-writer"
        while (request = @follow_requests.pop)
          yielder << request
        end
      end
    end

    def each_slice
      Enumerator.new do |yielder|
        Thread.current.name = "berrymq-publish-writer"
        while (slice = @outbox.take(self))
          yielder << Wire.publish_request(slice.joined, slice.first_sequence, slice.resent)
        end
      end
    end

    def read_follow
      @follow.each do |bytes|
        response = V1::FollowResponse.decode(bytes)
        @link.applied(response.applied_revision) if response.has_applied_revision?
        pass_on(response.batch, Wire.batch_bytes(bytes)) if response.batch
        return depart(response.drain) if response.drain
      end
    end

    # Credit is counted in bytes as they came, which need not be those that encoding anew would give.
    def pass_on(batch, size)
      @link.arrived(batch) { give_credit(size) }
    end

    def give_credit(bytes)
      @follow_requests << V1::FollowRequest.new(credit: bytes)
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

    def refused(run) = [run.first_sequence, run.count, Error.from_proto(run.error)]

    # The gateway is about to stop: sends nothing more, takes the answers to what was sent, and goes where it says.
    def depart(drain)
      @link.go_to(drain.address) unless drain.address.empty?
      @outbox.pause
      @answers.join(DRAIN_SECONDS) unless Thread.current == @answers
    end
  end
end
