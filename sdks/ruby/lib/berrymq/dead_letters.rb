# frozen_string_literal: true

# The dead letters of a queue of this process: kept with why, where and when, and moved back when somebody says so.
module BerryMQ
  class DeadLetters < LocalQueue
    MARK = "berrymq-dead-"
    private_constant :MARK

    def initialize(origin)
      @origin = origin
      bounds = origin.options.to_h.slice(:max_messages, :max_bytes, :lease)
      options = QueueOptions.new(name: "#{origin.options.name}#{Queue::DEAD}", patterns: [].freeze, overflow: "drop_oldest",
                                 max_attempts: Float::INFINITY, dedupe: 0, **bounds)
      super(options, **origin.surroundings)
    end

    # Keeps a message that was given up.
    def keep(message, why, attempts)
      marks = { "#{MARK}queue" => @origin.options.name, "#{MARK}reason" => why, "#{MARK}attempts" => attempts.to_s,
                "#{MARK}at" => @clock.time.utc.strftime("%FT%T.%LZ") }
      take_back(message.with(attributes: message.attributes.merge(marks)))
    end

    # See Queue#redrive; a message that finds its queue full stays.
    def redrive(max, rate, message_ids)
      return pick(message_ids, max || message_ids.size) if message_ids

      started = @clock.now
      moved = 0
      most = max || qsize
      while moved < most && (delivery = take(1, 0, false).first)
        give_back_to_origin(delivery)
        moved += 1
        pace(started + (moved.to_f / rate)) if moved < most
      end
      moved
    end

    private

    # Given up here, too, it is forgotten: there is nowhere further to go.
    def bury(item, _why)
      @bytes -= item.bytes
    end

    # Those that are meant, at once; the others are held meanwhile, and keep their places.
    def pick(message_ids, max)
      held = take(qsize, 0, false)
      meant = held.select { |delivery| message_ids.include?(delivery.message.message_id) }.first(max)
      meant.each { |delivery| give_back_to_origin(held.delete(delivery)) }
      meant.size
    ensure
      held&.each(&:release)
    end

    def qsize = status.ready

    def give_back_to_origin(delivery)
      @origin.take_back(delivery.message)
      delivery.ack
    rescue QueueFull
      delivery.release
      raise
    end

    # Until then, or until somebody closes the queue.
    def pace(time)
      @mutex.synchronize do
        @changed.wait(@mutex, @clock.left(time)) until @clock.past?(time) || @ended
      end
    end
  end
  private_constant :DeadLetters
end
