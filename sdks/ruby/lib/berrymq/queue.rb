# frozen_string_literal: true

# Queues: named keepers of messages, at the gateway when the bus is connected, else in this process; and what they hand out.
module BerryMQ
  # How a queue stands: messages that can be had, wait for their time, are held; their bytes; consumers; Time of the oldest or nil.
  QueueStatus = Struct.new(:ready, :delayed, :leased, :bytes, :consumers, :oldest_published_at, keyword_init: true)

  # `Queue.new("task:*")` has a copy of its own of every matching message; with `shared: true` everybody who opens that name
  # shares it. `Queue.new(["task:*", "job:*"], name: "work")` keeps what one of several patterns matches, and what two of them match once.
  class Queue
    include QueueManners

    # What the name of a queue of dead letters ends with.
    DEAD = ".dead"

    # Its name.
    attr_reader :name

    # `pattern` is one, or an Array of up to 100, which needs a `name` then. A shared queue that is there is taken as it is: what is not
    # said is not compared, and what is said and otherwise there raises QueueExists, which names it. `Queue.new(name: "jobs", shared: true)`
    # says nothing else: if the queue is not there, it is made with the pattern `jobs:*`.
    # `max_messages` (1000000) and `max_bytes` (1 GiB) bound it, `max_attempts` (10) the attempts at one message; `lease` is 30 s,
    # `backoff` [1, 300], `dedupe` 120 s, unless something else is said.
    # `overflow` is "reject_publish" or "drop_oldest"; `policy` "round_robin" or "broadcast"; `lease`, `ttl`, `delay`, `dedupe`
    # (0 = ids are not compared) and `standalone_ttl` seconds; `backoff` [first, most] seconds; `transient` keeps it in memory.
    # Raises InvalidArgument, InvalidIdentifier, QueueExists, Unavailable; NotSupported for a broadcast in this process.
    def initialize(pattern = nil, shared: false, name: nil, bus: BerryMQ.default_bus, **options)
      bus.raise_if_closed
      patterns = pattern.nil? ? QueuePatterns.of_named(name, shared) : QueuePatterns.read(pattern, name)
      name ||= shared ? patterns.first : "#{patterns.first}##{SecureRandom.hex(6)}"
      options = QueueOptions.read(name, patterns, !shared, options)
      adopt(options.name, Queue.keeper(bus, options))
    end

    # What it keeps; empty for a queue of dead letters, to which nobody publishes.
    def patterns = @keeper.patterns

    # The next Message (with `auto_ack: false` a Delivery to settle), or nil once `timeout` seconds are over; a timeout of nil
    # waits as long as it takes.
    def get(block: true, timeout: nil, auto_ack: true)
      return get_nowait(auto_ack: auto_ack) unless block

      get_many(1, timeout: timeout || Float::INFINITY, auto_ack: auto_ack).first
    end

    # As get, raising Empty when nothing is there.
    def get_nowait(auto_ack: true)
      get_many(1, timeout: 0, auto_ack: auto_ack).first || raise(Empty, "the queue #{@name} is empty")
    end

    # Up to `max` Messages (Deliveries); waits for the first, `timeout` seconds at most; nil or 0 = not at all.
    def get_many(max, timeout: nil, auto_ack: true)
      raise InvalidArgument, "max is #{max.inspect}; it takes an Integer from 1 to 1000" unless max.is_a?(Integer) && max.between?(1, 1000)

      raise Closed, "#{inspect} was closed; open it again" if @closed

      deliveries = waiting { @keeper.take(max, timeout || 0, auto_ack) { @closed } }
      auto_ack ? deliveries.map(&:message) : deliveries
    end

    # Deliveries pushed as they come: each to the block, or an Enumerator. Settle each before the next: what is unsettled
    # when the iteration ends is released. `credit` = how many may be under way at a time.
    def consume(credit: 100, auto_ack: false, &block)
      deliveries = Enumerator.new { |yielder| @keeper.consume(credit, auto_ack) { |delivery| yielder << delivery } }
      block ? deliveries.each(&block) : deliveries
    end

    # How many can be had now.
    def qsize = status.ready

    # Nothing can be had now.
    def empty? = qsize.zero?

    # At its bound.
    def full? = @keeper.full?

    # Up to `max` Messages, oldest first, without taking them.
    def peek(max: 1) = @keeper.peek(max)

    # QueueStatus.
    def status = @keeper.status

    # Forgets every message that nobody holds; how many.
    def purge = @keeper.purge

    # Hands out nothing more until `resume`.
    def pause = @keeper.pause

    # Ends a `pause`.
    def resume = @keeper.resume

    # Of the queue of dead letters: moves them back to where they came from, `max` at most (nil = all that are there), `rate` a
    # second; how many. With `message_ids` those alone, 1000 at most: at once, whatever the rate.
    def redrive(max: nil, rate: 100, message_ids: nil)
      { max: max, rate: rate }.compact.each do |name, value|
        raise InvalidArgument, "#{name} is #{value.inspect}; it takes an Integer above 0" unless value.is_a?(Integer) && value.positive?
      end
      raise InvalidArgument, "#{@name} holds no dead letters; redrive `dead`, its queue #{@name}#{DEAD}" unless @name.end_with?(DEAD)

      unless message_ids.nil? || (message_ids.is_a?(Array) && message_ids.size <= 1000)
        raise InvalidArgument, "message_ids is #{message_ids.inspect[0, 80]}; it takes an Array of at most 1000 ids of messages"
      end

      message_ids == [] ? 0 : @keeper.redrive(max, rate, message_ids)
    end

    # Removes the queue with everything in it.
    def delete = @keeper.delete

    # Lets go of it: a copy of one's own is gone, a shared queue stays. Whoever waits for a message gets nil, who comes later Closed.
    # Idempotent.
    def close
      @closed = true
      @keeper.wake
      @keeper.close
    end

    # Whether `close` was called.
    def closed? = @closed

    # The Queue of its dead letters.
    def dead
      Queue.allocate.tap { |queue| queue.send(:adopt, "#{@name}#{DEAD}", @keeper.dead) }
    end

    def inspect = "#<BerryMQ::Queue #{@name}>"

    class << self
      def keeper(bus, options)
        connected = !bus.link.nil? && !options.local?
        bus.dispatcher.watch&.opened(options)
        connected ? bus.network.keep(GatewayQueue.create(bus.link, options)) : bus.local_queues.open(bus, options)
      end
    end

    private

    def adopt(name, keeper)
      @name = name
      @keeper = keeper
      @closed = false
      start_counting
    end
  end
end
