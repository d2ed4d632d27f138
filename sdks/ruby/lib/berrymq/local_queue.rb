# frozen_string_literal: true

# A queue of this process, with the behaviour of those at a gateway (DESIGN §4.3).
require_relative "local_consuming"

module BerryMQ
  # Thread-safe; waiting is for the one condition that something changed.
  class LocalQueue
    include SetAside
    include LocalConsuming

    MICROS = 1_000_000
    private_constant :MICROS

    # What it was asked to be, with every default filled in; its DeadLetters, if there are any yet.
    attr_reader :options, :letters
    # What tests have go wrong, or nil.
    attr_writer :faults
    # What ends with it.
    attr_writer :followings

    # `times` (a Timekeeper) has `expire` called; `dropped` is called with (message, name of the queue, reason) for what went unread:
    # "expired", or "overflow" at a bound. The block is called when it is deleted.
    def initialize(options, times:, dropped:, &on_delete)
      @options = options.filled
      @times = times
      @clock = times.clock
      @dropped = dropped
      @on_delete = on_delete
      @followings = []
      @mutex = Mutex.new
      @changed = @clock.condition
      @numbers = @consumers = 0
      @ended = nil # the error of whoever uses it afterwards
      hold_nothing
    end

    # Seconds.
    def lease = @options.lease

    def patterns = @options.patterns

    # What its dead letters need, too.
    def surroundings = { times: @times, dropped: @dropped }

    # Takes a message in, unless it took that id in lately; raises QueueFull at a bound unless the oldest make room.
    def push(message, _pattern = nil)
      @mutex.synchronize do
        next if @ended || @recent.include?(message.message_id)

        shelve(message, due(message), expiry(message))
        @recent.add(message.message_id)
      end
    end

    # The QueueFull that taking it in would raise now, or nil.
    def refusal(message)
      @mutex.synchronize do
        bytes = Stream.size_of(message)
        next if @ended || room?(bytes) || @recent.include?(message.message_id)

        drop_expired
        QueueFull.new(full) unless room?(bytes) || (@options.overflow == "drop_oldest" && bytes <= @options.max_bytes)
      end
    end

    # Takes in what was given up before: at once, with its whole time before it, though its id is known.
    def take_back(message)
      @mutex.synchronize { shelve(message, 0, @options.ttl ? @clock.wall + micros(@options.ttl) : 0) unless @ended }
    end

    # When something of its own is due by the clock, whether anybody looks at it or not; or nil.
    def next_due = @mutex.synchronize { [@shelf.next_due, @leases.next_end].compact.min }

    def fall_due
      @mutex.synchronize do
        look_after
        @changed.broadcast
      end
    end

    # Takes in nothing more of what is published; what is there can be had.
    def take_no_more = @followings.each(&:unfollow)

    # Whether what is published comes here.
    def takes_in? = @followings.any?(&:alive?)

    # Up to `max` Deliveries; waits for the first. A block that turns true ends the wait; `wake` has it asked.
    def take(max, timeout, auto_ack, &given_up)
      now = @clock.now
      deadline = now + timeout
      @mutex.synchronize do
        loop do
          raise @ended if @ended

          look_after(now)
          deliveries = @paused ? [] : hand_out(max, auto_ack)
          return deliveries if deliveries.any? || now >= deadline || given_up&.call

          ends = [deadline, @shelf.next_due, @leases.next_end].compact.min
          @changed.wait(@mutex, ends.finite? ? @clock.left(ends) : nil)
          now = @clock.now
        end
      end
    end

    def wake = @mutex.synchronize { @changed.broadcast }

    # Drops what has expired, and tells of all that went: in the one thread that does so, as followers may do anything.
    def expire
      lost = @mutex.synchronize do
        @wakes_at = Float::INFINITY
        drop_expired unless @ended
        watch
        @lost.slice!(0..)
      end
      lost.each { |message, why| @dropped.call(message, @options.name, why) }
    end

    # See Delivery#settle_soon.
    def settle_soon(lease_id, verb, detail)
      settle(lease_id, verb, detail)
    rescue Error => e
      yield e
    end

    # Carries a verdict out; whether it gave the message up: that is a dead letter now.
    def settle(lease_id, verb, detail)
      @mutex.synchronize do
        next false if @leases.settled?(lease_id)

        check_held(lease_id)
        @changed.broadcast
        carry_out(@leases.settle(lease_id), verb, detail)
      end
    end

    # Time when the lease now ends.
    def extend_lease(lease_id, seconds)
      @mutex.synchronize do
        check_held(lease_id)
        @leases.extend_to(lease_id, @clock.now + (seconds || @options.lease))
        @clock.time(seconds || @options.lease)
      end
    end

    def status
      @mutex.synchronize do
        look_after
        items = @shelf.items.concat(@leases.items)
        QueueStatus.new(ready: @shelf.ready_count, delayed: @shelf.delayed_count, leased: @leases.size, bytes: @bytes,
                        consumers: @consumers, oldest_published_at: items.min_by(&:number)&.message&.published_at)
      end
    end

    def full?
      @mutex.synchronize do
        look_after
        count >= @options.max_messages || @bytes >= @options.max_bytes
      end
    end

    def peek(max)
      @mutex.synchronize do
        look_after
        @shelf.first(max).map(&:message)
      end
    end

    def purge
      @mutex.synchronize do
        gone = @shelf.clear
        @bytes -= gone.sum(&:bytes)
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

    # The bus was closed: whoever waits, or comes later, is told.
    def end_with_bus
      @on_delete&.call
      finish(Closed.new("the queue #{@options.name} ended with its bus, which was closed; open it on another"))
    end

    # The DeadLetters.
    def dead = @letters ||= DeadLetters.new(self)

    private

    def finish(error)
      take_no_more
      @mutex.synchronize do
        @ended ||= error
        @changed.broadcast
      end
      nil
    end

    def count = @shelf.ready_count + @shelf.delayed_count + @leases.size

    # `due` and `expires` are microseconds since the Unix epoch; 0 = at once, never.
    def shelve(message, due, expires)
      bytes = Stream.size_of(message)
      make_room(bytes)
      item = Shelf::Item.new(@numbers += 1, message, bytes, 1, message.priority, expires)
      @bytes += bytes
      left = due.zero? ? 0 : due - @clock.wall
      left.positive? ? put_later(item, left / MICROS.to_f) : put(item)
      @changed.signal
    end

    # The later of the message's own time and the queue's.
    def due(message)
      [message.deliver_micros, @options.delay ? message.published_micros + micros(@options.delay) : 0].max
    end

    # The earlier of the message's own end and the queue's.
    def expiry(message)
      [message.expires_micros, @options.ttl ? message.published_micros + micros(@options.ttl) : 0].select(&:positive?).min || 0
    end

    def micros(seconds) = (seconds * MICROS).round

    def make_room(bytes)
      return if room?(bytes)

      drop_expired
      until room?(bytes)
        oldest = @shelf.shift_oldest if @options.overflow == "drop_oldest" && bytes <= @options.max_bytes
        raise QueueFull, full unless oldest

        lose(oldest, "overflow")
      end
    end

    # It is told of soon.
    def lose(item, why)
      @bytes -= item.bytes
      @times.later(self, 0) if @lost.empty?
      @lost << [item.message, why]
    end

    def put(item)
      @shelf.put(item)
      watch
    end

    def put_later(item, seconds)
      @shelf.put_later(item, @clock.now + seconds)
      watch
    end

    # Has `expire` called in time.
    def watch
      ends = @shelf.next_end
      return if ends.nil? || ends >= @wakes_at

      @wakes_at = ends
      @times.later(self, (ends - @clock.wall) / MICROS.to_f)
    end

    def room?(bytes) = count < @options.max_messages && @bytes + bytes <= @options.max_bytes

    def full
      "the queue #{@options.name} is at its bound (#{@options.max_messages} messages, #{@options.max_bytes} bytes); consume or purge it"
    end

    # Drops what expired, moves what is due, and gives back what leases that ran out held.
    def look_after(now = @clock.now)
      drop_expired if @shelf.next_end
      @shelf.advance(now)
      @leases.lapse(now).each { |item| count_attempt(item, 0, "the lease ran out") }
    end

    def drop_expired = @shelf.expire(@clock.wall).each { |item| lose(item, "expired") }

    def hand_out(max, auto_ack)
      deliveries = []
      while deliveries.size < max && (item = @faults ? next_item : @shelf.shift)
        if auto_ack
          @bytes -= item.bytes
          deliveries << Delivery.new(self, item.message, item.attempt, nil, nil)
        else
          deliveries << leased(item)
        end
      end
      deliveries
    end

    def next_item
      item = @shelf.shift
      item && @faults.next_of(item, @shelf)
    end

    def leased(item)
      id = @leases.add(item, @clock.now + @options.lease)
      Delivery.new(self, item.message, item.attempt, id, @clock.time(@options.lease))
    end

    def check_held(lease_id)
      look_after
      return if @leases.held(lease_id)

      raise LeaseLost, "the lease #{lease_id} of #{@options.name} ran out; somebody else may hold the message now"
    end

    # True when it is given up.
    def carry_out(item, verb, detail)
      case verb
      when :ack then @faults&.again?(item) ? put(item) : @bytes -= item.bytes
      when :release then put(item)
      when :retry then return count_attempt(item, detail, "retried")
      when :reject then return bury(item, detail || "rejected")
      end
      false
    end

    # True when it was the last.
    def count_attempt(item, delay, why)
      most = @options.max_attempts
      return bury(item, "#{why} after attempt #{item.attempt} of #{most}") if item.attempt >= most

      first, longest = @options.backoff
      delay ||= [first * (2**(item.attempt - 1)), longest].min
      item.attempt += 1
      delay.zero? ? put(item) : put_later(item, delay)
      false
    end

    def bury(item, why)
      @bytes -= item.bytes
      dead.keep(item.message, why, item.attempt)
      true
    end
  end
end
