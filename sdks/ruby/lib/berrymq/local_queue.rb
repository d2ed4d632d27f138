# frozen_string_literal: true

# Queues of this process, with the behaviour of those at a gateway (DESIGN §4.3).
module BerryMQ
  # The shared queues of one bus, by name.
  class LocalQueues
    def initialize
      @mutex = Mutex.new
      @shared = {}
    end

    # The queue that the options ask for, following their pattern. Raises QueueExists.
    def open(bus, options)
      return follow(bus, LocalQueue.new(options)) if options.standalone

      @mutex.synchronize do
        queue = @shared[options.name] ||= follow(bus, LocalQueue.new(options) { @shared.delete(options.name) })
        next queue if queue.options == options

        raise QueueExists, "the queue #{options.name} is there with other options; open it with the same, or delete it first"
      end
    end

    private

    def follow(bus, queue)
      queue.following = bus.register(SinkFollowing.new(bus, queue.options.pattern, queue))
      queue
    end
  end

  # One queue. Thread-safe; waiting is for the one condition that something changed.
  class LocalQueue
    DEFAULTS = { max_messages: 1_000_000, max_bytes: 1024**3, lease: 30.0, max_attempts: 10, backoff: [1.0, 300.0] }.freeze
    LEASES_REMEMBERED = 10_000
    Item = Struct.new(:number, :message, :bytes, :attempt)
    Lease = Struct.new(:item, :ends)
    private_constant :DEFAULTS, :LEASES_REMEMBERED, :Item, :Lease

    # What it was asked to be.
    attr_reader :options
    # What ends with it.
    attr_writer :following

    # The block is called when it is deleted.
    def initialize(options, &on_delete)
      @options = options
      @limits = DEFAULTS.to_h { |name, default| [name, options[name] || default] }
      @on_delete = on_delete
      @mutex = Mutex.new
      @changed = ConditionVariable.new
      @ready = [] # Items by number
      @delayed = [] # [due, Item], unsorted: retries are few
      @leases = {} # lease id → Lease
      @settled = {} # lease ids, for those that settle twice
      @numbers = @bytes = @consumers = 0
      @paused = false
      @ended = nil # the error of whoever uses it afterwards
    end

    # Takes a message in; raises QueueFull at a bound unless the oldest make room.
    def push(message, _pattern = nil)
      bytes = Stream.size_of(message)
      @mutex.synchronize do
        next if @ended

        make_room(bytes)
        @ready << Item.new(@numbers += 1, message, bytes, 1)
        @bytes += bytes
        @changed.signal
      end
    end

    # Up to `max` Deliveries; waits for the first.
    def take(max, timeout, auto_ack)
      deadline = Clock.now + timeout
      @mutex.synchronize do
        loop do
          raise @ended if @ended

          look_after
          return hand_out(max, auto_ack) if @ready.any? && !@paused
          return [] if Clock.past?(deadline)

          @changed.wait(@mutex, Clock.left([deadline, next_due].min.then { |time| time.finite? ? time : nil }))
        end
      end
    end

    # Yields Deliveries until the queue is closed; at most `credit` unsettled at a time.
    def consume(credit, auto_ack)
      held = []
      @mutex.synchronize { @consumers += 1 }
      loop do
        wait_until_fewer(held, credit)
        delivery = take(1, Float::INFINITY, auto_ack).first
        held << delivery.lease_id if delivery.lease_id
        yield delivery
      end
    rescue Closed, QueueNotFound
      nil
    ensure
      @mutex.synchronize { @consumers -= 1 }
      held&.each { |lease| give_back(lease) }
    end

    def settle(lease_id, verb, detail)
      @mutex.synchronize do
        next if @settled.key?(lease_id)

        item = held(lease_id).item
        forget_lease(lease_id)
        carry_out(item, verb, detail)
        @changed.broadcast
      end
    end

    # Time when the lease now ends.
    def extend_lease(lease_id, seconds)
      @mutex.synchronize do
        lease = held(lease_id)
        lease.ends = Clock.now + (seconds || @limits[:lease])
        Time.now + (seconds || @limits[:lease])
      end
    end

    def status
      @mutex.synchronize do
        look_after
        items = @ready + @delayed.map(&:last) + @leases.values.map(&:item)
        QueueStatus.new(ready: @ready.size, delayed: @delayed.size, leased: @leases.size, bytes: @bytes, consumers: @consumers,
                        oldest_published_at: items.min_by(&:number)&.message&.published_at)
      end
    end

    def full? = @mutex.synchronize { count >= @limits[:max_messages] || @bytes >= @limits[:max_bytes] }

    def peek(max)
      @mutex.synchronize do
        look_after
        @ready.first(max).map(&:message)
      end
    end

    def purge
      @mutex.synchronize do
        gone = @ready.map(&:bytes) + @delayed.map { |_, item| item.bytes }
        @ready.clear
        @delayed.clear
        @bytes -= gone.sum
        gone.size
      end
    end

    def pause
      @mutex.synchronize { @paused = true }
      nil
    end

    def resume
      @mutex.synchronize do
        @paused = false
        @changed.broadcast
      end
      nil
    end

    def delete
      @on_delete&.call
      finish(QueueNotFound.new("the queue #{@options.name} was deleted"))
    end

    def close
      finish(Closed.new("the queue #{@options.name} was closed")) if @options.standalone
    end

    # The LocalQueue of its dead letters.
    def dead
      @dead ||= LocalQueue.new(@options.dup.tap do |options|
        options.name += Queue::DEAD
        options.standalone = false
        options.overflow = "drop_oldest"
        options.max_attempts = Float::INFINITY
      end)
    end

    private

    def finish(error)
      @following&.unfollow
      @mutex.synchronize do
        @ended ||= error
        @changed.broadcast
      end
      nil
    end

    def count = @ready.size + @delayed.size + @leases.size

    def make_room(bytes)
      until count < @limits[:max_messages] && @bytes + bytes <= @limits[:max_bytes]
        oldest = @ready.shift if @options.overflow == "drop_oldest"
        raise QueueFull, full unless oldest

        @bytes -= oldest.bytes
      end
    end

    def full
      "the queue #{@options.name} is at its bound (#{@limits[:max_messages]} messages, #{@limits[:max_bytes]} bytes); consume or purge it"
    end

    # Moves what is due, and gives back what leases that ran out held.
    def look_after
      now = Clock.now
      due, @delayed = @delayed.partition { |time, _| time <= now }
      due.each { |_, item| put_back(item) }
      lost = @leases.select { |_, lease| lease.ends <= now }
      lost.each do |id, lease|
        @leases.delete(id)
        count_attempt(lease.item, 0, "the lease ran out")
      end
      drop_expired
    end

    def drop_expired
      @bytes -= @ready.shift.bytes while @ready.first&.message&.expired?
    end

    def next_due
      times = @delayed.map(&:first) + @leases.values.map(&:ends)
      times.min || Float::INFINITY
    end

    def hand_out(max, auto_ack)
      @ready.shift(max).map do |item|
        next lease(item) unless auto_ack

        @bytes -= item.bytes
        Delivery.new(self, item.message, item.attempt, nil, nil)
      end
    end

    def lease(item)
      id = MessageIds.next
      @leases[id] = Lease.new(item, Clock.now + @limits[:lease])
      Delivery.new(self, item.message, item.attempt, id, Time.now + @limits[:lease])
    end

    def held(lease_id)
      look_after
      @leases[lease_id] || raise(LeaseLost, "the lease #{lease_id} of #{@options.name} ran out; somebody else may hold the message now")
    end

    def forget_lease(lease_id)
      @leases.delete(lease_id)
      @settled[lease_id] = true
      @settled.shift if @settled.size > LEASES_REMEMBERED
    end

    def carry_out(item, verb, detail)
      case verb
      when :ack then @bytes -= item.bytes
      when :release then put_back(item)
      when :retry then count_attempt(item, detail, "retried")
      when :reject then bury(item, detail || "rejected")
      end
    end

    def count_attempt(item, delay, why)
      most = @limits[:max_attempts]
      return bury(item, "#{why} after attempt #{item.attempt} of #{most}") if item.attempt >= most

      first, longest = @limits[:backoff]
      delay ||= [first * (2**(item.attempt - 1)), longest].min
      item.attempt += 1
      delay.zero? ? put_back(item) : @delayed << [Clock.now + delay, item]
    end

    # At its old place.
    def put_back(item)
      index = @ready.bsearch_index { |other| other.number > item.number } || @ready.size
      @ready.insert(index, item)
    end

    # A dead letter that is given up is forgotten: there is nowhere further to go.
    def bury(item, why)
      @bytes -= item.bytes
      return if @options.name.end_with?(Queue::DEAD)

      marks = { "berrymq-dead-queue" => @options.name, "berrymq-dead-reason" => why, "berrymq-dead-attempts" => item.attempt.to_s,
                "berrymq-dead-at" => Time.now.utc.strftime("%FT%T.%LZ") }
      dead.push(item.message.with(attributes: item.message.attributes.merge(marks)))
    end

    def wait_until_fewer(held, credit)
      @mutex.synchronize do
        loop do
          held.select! { |lease| @leases.key?(lease) }
          return if held.size < credit
          raise @ended if @ended

          @changed.wait(@mutex)
        end
      end
    end

    def give_back(lease_id)
      settle(lease_id, :release, nil)
    rescue LeaseLost
      nil
    end
  end
end
