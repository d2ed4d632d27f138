# frozen_string_literal: true

# Queues: named keepers of messages, at the gateway when the bus is connected, else in this process; and what they hand out.
module BerryMQ
  # What a queue was asked to be. Times in seconds; nil = the default.
  QueueOptions = Struct.new(:name, :pattern, :standalone, :max_messages, :max_bytes, :overflow, :lease, :max_attempts, :backoff,
                            keyword_init: true)
  private_constant :QueueOptions

  # How a queue stands: messages that can be had, wait for their time, are held; their bytes; consumers; Time of the oldest or nil.
  QueueStatus = Struct.new(:ready, :delayed, :leased, :bytes, :consumers, :oldest_published_at, keyword_init: true)

  # One handing-over of one message. Settle it once; again is harmless; after its lease was lost LeaseLost is raised.
  class Delivery
    # Message; number of the counted attempt, from 1; what names the lease (nil with auto_ack); Time when the lease ends.
    attr_reader :message, :attempt, :lease_id, :deadline

    def initialize(keeper, message, attempt, lease_id, deadline)
      @keeper = keeper
      @message = message
      @attempt = attempt
      @lease_id = lease_id
      @deadline = deadline
    end

    # Done: the message is forgotten.
    def ack = settle(:ack)

    # Given back at its old place; the attempt is not counted.
    def release = settle(:release)

    # Given back after `delay` seconds (nil = the queue's backoff); the attempt is counted.
    def retry(delay: nil) = settle(:retry, delay)

    # Given up: it goes to the dead letters, with the reason.
    def reject(why = nil) = settle(:reject, why)

    # Prolongs the lease to so many seconds from now (nil = the queue's lease).
    def extend(seconds = nil)
      @deadline = @keeper.extend_lease(leased, seconds)
      nil
    end

    private

    def settle(verb, detail = nil)
      @keeper.settle(leased, verb, detail)
      nil
    end

    def leased
      @lease_id || raise(LeaseLost, "#{@message.id} was acknowledged on the way out (auto_ack); get it with auto_ack: false to settle it")
    end
  end

  # `Queue.new("task:*")` has a copy of its own of every matching message; with `shared: true` everybody who opens that name
  # shares it.
  class Queue
    OVERFLOWS = %w[reject_publish drop_oldest].freeze
    DEAD = ".dead"
    private_constant :OVERFLOWS

    # Its name.
    attr_reader :name

    # `overflow` is "reject_publish" or "drop_oldest"; `lease` seconds; `backoff` [first, most] seconds.
    # Raises InvalidArgument, InvalidIdentifier, QueueExists, Unavailable.
    def initialize(pattern, shared: false, name: nil, bus: BerryMQ.default_bus, **options)
      bus.raise_if_closed
      identifier = Identifier.parse(pattern)
      name ||= shared ? pattern : "#{pattern}##{SecureRandom.hex(6)}"
      asked = Queue.checked(QueueOptions.new(name: name, pattern: identifier.text, standalone: !shared, **options))
      adopt(name, Queue.keeper(bus, identifier, asked))
    rescue ArgumentError => e
      raise InvalidArgument, "a queue takes max_messages, max_bytes, overflow, lease, max_attempts, backoff: #{e.message}"
    end

    # The next Message (with `auto_ack: false` a Delivery to settle), or nil once `timeout` seconds are over; a timeout of nil
    # waits as long as it takes.
    def get(block: true, timeout: nil, auto_ack: true)
      return get_nowait(auto_ack: auto_ack) unless block

      get_many(1, timeout: timeout || Float::INFINITY, auto_ack: auto_ack).first
    end
    alias pop get

    # As get, raising Empty when nothing is there.
    def get_nowait(auto_ack: true)
      get_many(1, timeout: 0, auto_ack: auto_ack).first || raise(Empty, "the queue #{@name} is empty")
    end

    # Up to `max` Messages (Deliveries); waits for the first, `timeout` seconds at most; nil or 0 = not at all.
    def get_many(max, timeout: nil, auto_ack: true)
      raise InvalidArgument, "max is #{max.inspect}; it takes an Integer from 1 to 1000" unless max.is_a?(Integer) && max.between?(1, 1000)

      deliveries = @keeper.take(max, timeout || 0, auto_ack)
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
    alias size qsize

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

    def resume = @keeper.resume

    # Removes the queue with everything in it.
    def delete = @keeper.delete

    # Lets go of it: a copy of one's own is gone, a shared queue stays. Idempotent.
    def close = @keeper.close

    # The Queue of its dead letters.
    def dead
      Queue.allocate.tap { |queue| queue.send(:adopt, "#{@name}#{DEAD}", @keeper.dead) }
    end

    def inspect = "#<BerryMQ::Queue #{@name}>"

    class << self
      def keeper(bus, identifier, options)
        connected = !bus.link.nil? && !identifier.local?
        connected ? GatewayQueue.create(bus.link, options) : bus.local_queues.open(bus, options)
      end

      def checked(options)
        options.overflow = (options.overflow || OVERFLOWS.first).to_s
        unless OVERFLOWS.include?(options.overflow)
          raise InvalidArgument, "overflow is #{options.overflow.inspect}; it takes #{OVERFLOWS.join(" or ")}"
        end

        %i[max_messages max_bytes max_attempts].each { |name| positive(options, name, Integer) }
        positive(options, :lease, Numeric)
        check_backoff(options.backoff)
        options
      end

      private

      def positive(options, name, kind)
        value = options[name]
        return if value.nil? || (value.is_a?(kind) && value.positive?)

        raise InvalidArgument, "#{name} is #{value.inspect}; it takes #{kind == Integer ? "an Integer" : "seconds"} above 0"
      end

      def check_backoff(backoff)
        return if backoff.nil?
        return if backoff.is_a?(Array) && backoff.size == 2 && backoff.all? { |time| time.is_a?(Numeric) && !time.negative? }

        raise InvalidArgument, "backoff is #{backoff.inspect}; it takes [first, most] in seconds"
      end
    end

    private

    def adopt(name, keeper)
      @name = name
      @keeper = keeper
    end
  end
end
