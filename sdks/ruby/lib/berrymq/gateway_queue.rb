# frozen_string_literal: true

# Queues that a gateway keeps.
require_relative "consuming"

module BerryMQ
  class GatewayQueue
    # Longest single wait at the gateway; a longer one is made of several.
    MOST_WAIT = 20.0
    # Beyond the wait, how long an answer may take.
    GRACE = 10.0
    # Between attempts of a get while the connection is down.
    PAUSE = 0.1
    # How long a consumer without a connection waits before it looks whether it shall stop.
    LOOK = 0.5
    private_constant :MOST_WAIT, :GRACE, :PAUSE, :LOOK

    # Makes the queue, or opens the one that is there. Raises QueueExists, Unavailable.
    def self.create(link, options) = new(link, options.name, options).tap(&:make)

    # `options` are what was said of it; nil = it is somebody else's to make. `as_it_is`: a queue of that name may have any options and
    # patterns.
    def initialize(link, name, options = nil, as_it_is: false)
      @link = link
      @name = name
      @options = options
      @as_it_is = as_it_is
      @told = nil # the options, as the gateway last told of them
      @made_on = nil # which connection of the link
      @closed = @deleted = false
      @consuming = []
    end

    attr_reader :name

    # True once it is closed or deleted here.
    def over? = @closed || @deleted

    # Seconds.
    def lease = @told&.lease || @options&.lease || QueueOptions::DEFAULTS[:lease]

    # Makes it as it was, if it is not there; one that somebody made otherwise since then need only be what was asked for. Raises
    # QueueExists, Unavailable.
    def make
      connections = @link.connections
      @told = QueueWire.options(made)
      @made_on = connections
    end

    # See LocalQueue#take. A lost connection is waited for.
    def take(max, timeout, auto_ack)
      deadline = Clock.now + timeout.to_f # a Duration is no number to the wire
      loop do
        raise Closed, "the queue #{@name} was closed" if @closed

        left = Clock.left(deadline)
        deliveries = take_once(max, [left, MOST_WAIT].min, auto_ack, left)
        return deliveries if deliveries.any? || Clock.past?(deadline)
      end
    end

    # See LocalQueue#consume. A lost connection is waited for; what was unsettled then comes again.
    def consume(credit, auto_ack, stopping = nil, &block)
      until @closed || @link.stopped? || stopping&.call
        consume_once(credit, auto_ack, &block)
        @link.wait_connected(LOOK)
      end
    end

    # Has a `consume` look whether it shall stop, which ends its stream when it does.
    def wake = @consuming.dup.each(&:cancel)

    # See Queue#redrive.
    def redrive(max, rate, message_ids)
      moved = 0
      request = { queue: @name, max: max || 0, rate: rate, message_ids: message_ids || [] }
      @link.transport.redrive(request).each { |told| moved = told.moved }
      moved
    end

    # See LocalQueue#settle.
    def settle(lease_id, verb, detail)
      settlement = QueueWire.settlement(lease_id, verb, detail)
      QueueWire.check(call(:settle, { queue: @name, settlements: [settlement] }).outcomes.first).dead
    end

    def extend_lease(lease_id, seconds)
      request = { queue: @name, lease_ids: [lease_id], lease: seconds&.to_f }.compact
      QueueWire.time(QueueWire.check(call(:extend, request).outcomes.first).deadline)
    end

    def status
      status = describe.status
      QueueStatus.new(ready: status.ready, delayed: status.delayed, leased: status.leased, bytes: status.bytes, consumers: status.consumers,
                      oldest_published_at: QueueWire.time(status.oldest_published_at))
    end

    def full?
      described = describe
      status = described.status
      status.ready + status.delayed + status.leased >= described.queue.max_messages || status.bytes >= described.queue.max_bytes
    end

    def peek(max) = call(:peek, { queue: @name, max: max }).messages.map { |told| @link.came(told) }

    def purge = call(:purge, { queue: @name }).purged

    def pause = call(:pause, { queue: @name }) && nil

    def resume = call(:resume, { queue: @name }) && nil

    def delete
      @deleted = true
      call(:delete, { queue: @name })
      nil
    end

    def close
      return if @closed

      @closed = true
      wake
      delete if @options&.standalone
      nil
    rescue QueueNotFound, Unavailable
      nil # gone already, or soon
    end

    def dead = GatewayQueue.new(@link, "#{@name}#{Queue::DEAD}")

    # The contract's Delivery as a Delivery; `settler` is the stream that brought it.
    def delivery(told, settler: self)
      lease = told.lease_id.empty? ? nil : told.lease_id
      Delivery.new(self, @link.came(told.message), [told.attempt, 1].max, lease, QueueWire.time(told.deadline), settler: settler)
    end

    # What it keeps; empty for one that others make.
    def patterns = (@told || @options)&.patterns || []

    private

    # The contract's Queue.
    def made
      create(as_it_was)
    rescue QueueExists
      if @as_it_is
        there = @link.transport.queue(:describe, { queue: @name }).queue
        return there if QueuePatterns.meet?(there.patterns, @options.patterns)
      end
      @as_it_is || @told.nil? ? raise : create(@options)
    end

    def create(options) = @link.transport.queue(:create, { queue: QueueWire.queue(options) }).queue

    # Dead letters, opened by their name, come and go with their queue.
    def as_it_was = @told.nil? || @told.patterns.empty? ? @options : @told

    def take_once(max, wait, auto_ack, left)
      request = { queue: @name, max: max, wait: wait.positive? ? wait : nil, auto_ack: auto_ack }.compact
      call(:get, request, timeout: wait + GRACE).deliveries.map { |told| delivery(told) }
    rescue QueueNotFound
      raise unless @closed

      raise Closed, "the queue #{@name} was closed"
    rescue Unavailable, Draining
      raise Closed, "the bus of the queue #{@name} was closed; open it on another" if @link.stopped?
      raise if left <= PAUSE || !@link.reconnecting?

      @link.wait_connected([left, MOST_WAIT].min)
      []
    end

    def describe = call(:describe, { queue: @name })

    def consume_once(credit, auto_ack, &block)
      seen = @made_on
      @consuming << (consuming = Consuming.new(@link.transport, self, @name, credit, auto_ack))
      consuming.each(&block)
    rescue QueueNotFound
      raise if consuming&.handing_over? || !made_again?(seen)
    rescue Unavailable, Draining, Closed
      raise if consuming&.handing_over? || @link.fatal?
    ensure
      @consuming.delete(consuming)
    end

    def call(name, request, timeout: GRACE)
      seen = @made_on
      @link.transport.queue(name, request, timeout: timeout)
    rescue QueueNotFound
      raise unless made_again?(seen)

      @link.transport.queue(name, request, timeout: timeout)
    end

    # A gateway that keeps all in memory has forgotten its queues after a restart: whoever made one makes it again, once for each
    # connection, so that a queue that somebody deleted stays deleted. True, too, when another call made it since `seen`.
    def made_again?(seen)
      return false if @options.nil? || @deleted || as_it_was.patterns.empty?
      return true if @made_on != seen
      return false if seen == @link.connections

      make
      true
    end
  end
end
