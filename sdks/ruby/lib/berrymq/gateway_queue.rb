# frozen_string_literal: true

# Queues that a gateway keeps.
module BerryMQ
  class GatewayQueue
    # Longest single wait at the gateway; a longer one is made of several.
    MOST_WAIT = 20.0
    # Beyond the wait, how long an answer may take.
    GRACE = 10.0
    # Between attempts of a get while the connection is down.
    PAUSE = 0.1
    OVERFLOWS = { "reject_publish" => :OVERFLOW_REJECT_PUBLISH, "drop_oldest" => :OVERFLOW_DROP_OLDEST }.freeze
    private_constant :MOST_WAIT, :GRACE, :PAUSE, :OVERFLOWS

    # Makes the queue, or finds it with the same options.
    def self.create(link, options)
      backoff = V1::Backoff.new(first: Link.duration(options.backoff[0]), most: Link.duration(options.backoff[1])) if options.backoff
      queue = V1::Queue.new(
        name: options.name, patterns: [options.pattern], standalone: options.standalone, max_messages: options.max_messages || 0,
        max_bytes: options.max_bytes || 0, overflow: OVERFLOWS.fetch(options.overflow), backoff: backoff,
        lease: options.lease && Link.duration(options.lease), max_attempts: options.max_attempts || 0
      )
      link.transport.queue(:create, V1::CreateRequest.new(queue: queue))
      new(link, options.name, standalone: options.standalone)
    end

    def initialize(link, name, standalone: false)
      @link = link
      @name = name
      @standalone = standalone
      @closed = false
    end

    # See LocalQueue#take. A lost connection is waited for.
    def take(max, timeout, auto_ack)
      deadline = Clock.now + timeout
      loop do
        raise Closed, "the queue #{@name} was closed" if @closed

        left = Clock.left(deadline)
        deliveries = take_once(max, [left, MOST_WAIT].min, auto_ack, left)
        return deliveries if deliveries.any? || Clock.past?(deadline)
      end
    end

    # See LocalQueue#consume. A lost connection is waited for; what was unsettled then comes again.
    def consume(credit, auto_ack)
      until @closed || @link.stopped?
        begin
          consuming = Consuming.new(@link.transport, self, @name, credit, auto_ack)
          consuming.each { |delivery| yield delivery }
        rescue Unavailable, Draining
          raise if consuming&.handing_over? || !(@link.reconnecting? || @link.stopped?)
        end
        @link.wait_connected(MOST_WAIT)
      end
    end

    def settle(lease_id, verb, detail)
      settlement = GatewayQueue.settlement(lease_id, verb, detail)
      GatewayQueue.check(call(:settle, V1::SettleRequest.new(queue: @name, settlements: [settlement])).outcomes.first)
    end

    def extend_lease(lease_id, seconds)
      request = V1::ExtendRequest.new(queue: @name, lease_ids: [lease_id], lease: seconds && Link.duration(seconds))
      GatewayQueue.time(GatewayQueue.check(call(:extend, request).outcomes.first).deadline)
    end

    def status
      status = describe.status
      QueueStatus.new(ready: status.ready, delayed: status.delayed, leased: status.leased, bytes: status.bytes, consumers: status.consumers,
                      oldest_published_at: GatewayQueue.time(status.oldest_published_at))
    end

    def full?
      described = describe
      status = described.status
      status.ready + status.delayed + status.leased >= described.queue.max_messages || status.bytes >= described.queue.max_bytes
    end

    def peek(max) = call(:peek, V1::PeekRequest.new(queue: @name, max: max)).messages.map { |proto| Wire.from_proto(proto) }

    def purge = call(:purge, V1::PurgeRequest.new(queue: @name)).purged

    def pause = call(:pause, V1::PauseRequest.new(queue: @name)) && nil

    def resume = call(:resume, V1::ResumeRequest.new(queue: @name)) && nil

    def delete
      call(:delete, V1::DeleteRequest.new(queue: @name))
      nil
    end

    def close
      return if @closed

      @closed = true
      call(:delete, V1::DeleteRequest.new(queue: @name)) if @standalone
      nil
    rescue QueueNotFound, Unavailable
      nil # gone already, or soon
    end

    def dead = GatewayQueue.new(@link, "#{@name}#{Queue::DEAD}")

    # V1::Delivery as a Delivery.
    def delivery(proto)
      lease = proto.lease_id.empty? ? nil : proto.lease_id
      Delivery.new(self, Wire.from_proto(proto.message), [proto.attempt, 1].max, lease, GatewayQueue.time(proto.deadline))
    end

    class << self
      def settlement(lease_id, verb, detail)
        verdict = case verb
                  when :ack then V1::Ack.new
                  when :release then V1::Release.new
                  when :retry then V1::Retry.new(delay: detail && Link.duration(detail))
                  when :reject then V1::Reject.new(why: detail || "")
                  end
        V1::Settlement.new(lease_id: lease_id, verb => verdict)
      end

      # The outcome, or its error raised.
      def check(outcome)
        return outcome unless outcome.error

        raise Error.from_proto(outcome.error)
      end

      # Time of microseconds; 0 = nil.
      def time(micros) = micros.zero? ? nil : Time.at(micros / 1_000_000, micros % 1_000_000, :usec)
    end

    private

    def take_once(max, wait, auto_ack, left)
      request = V1::GetRequest.new(queue: @name, max: max, wait: wait.positive? ? Link.duration(wait) : nil, auto_ack: auto_ack)
      call(:get, request, timeout: wait + GRACE).deliveries.map { |proto| delivery(proto) }
    rescue Unavailable, Draining
      raise if left <= PAUSE || !@link.reconnecting?

      @link.wait_connected([left, MOST_WAIT].min)
      []
    end

    def describe = call(:describe, V1::DescribeRequest.new(queue: @name))

    def call(name, request, timeout: GRACE) = @link.transport.queue(name, request, timeout: timeout)
  end

  # One Consume stream.
  class Consuming
    def initialize(transport, keeper, name, credit, auto_ack)
      @keeper = keeper
      @auto_ack = auto_ack
      @handing_over = false
      @requests = Thread::Queue.new
      @requests << V1::ConsumeRequest.new(queue: name, credit: credit, auto_ack: auto_ack)
      @call = transport.consume(each_request)
    end

    # Yields Deliveries; giving up the iteration ends the stream, and the gateway releases what is unsettled.
    def each
      @call.each do |response|
        response.deliveries.each do |proto|
          @handing_over = true
          yield @keeper.delivery(proto)
          @handing_over = false
          @requests << V1::ConsumeRequest.new(credit: 1)
        end
        break if response.drain
      end
    ensure
      @requests.close
      @call.cancel
    end

    # True while the consumer's own code runs, or when that ended the iteration.
    def handing_over? = @handing_over

    private

    def each_request
      Enumerator.new do |yielder|
        Thread.current.name = "berrymq-consume-writer"
        while (request = @requests.pop)
          yielder << request
        end
      end
    end
  end
  private_constant :Consuming
end
