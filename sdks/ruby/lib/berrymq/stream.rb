# frozen_string_literal: true

# `follow`: messages as an Enumerable, with a bounded buffer of its own.
module BerryMQ
  # Messages that one reader takes. When the buffer is full the oldest go; the followers of `berrymq:lag` are told how many when the
  # next one is taken.
  class Stream
    include Enumerable

    # Beyond the payload, what holding one message takes.
    MESSAGE_OVERHEAD = 200

    # The block is given the local message `berrymq:lag` when messages were dropped.
    def initialize(patterns, max_messages:, max_bytes:, clock:, &tell_lag)
      { max_messages: max_messages, max_bytes: max_bytes }.each do |name, value|
        raise InvalidArgument, "#{name} is #{value.inspect}; it takes an Integer above 0" unless value.is_a?(Integer) && value.positive?
      end
      @patterns = patterns
      @tell_lag = tell_lag
      @clock = clock
      @max_messages = max_messages
      @max_bytes = max_bytes
      @mutex = Mutex.new
      @changed = clock.condition
      @messages = []
      @bytes = 0
      @dropped = 0
      @closed = false
      @followings = []
    end

    # Told by the bus that made it; what `close` ends.
    attr_writer :followings

    # Takes a message in. Never blocks.
    def push(message, pattern)
      size = Stream.size_of(message)
      @mutex.synchronize do
        next if @closed

        @messages << [message, size]
        @bytes += size
        drop_oldest(pattern) while @messages.size > @max_messages || (@bytes > @max_bytes && @messages.size > 1)
        @changed.signal
      end
    end

    # Every message as it comes, until the stream is closed.
    def each
      return enum_for(:each) unless block_given?

      while (message = get)
        yield message
      end
      self
    end

    # The next message; nil once the stream is closed, or when `timeout` seconds are over.
    def get(timeout: nil)
      deadline = timeout && (@clock.now + timeout)
      message, lag = @mutex.synchronize do
        wait(deadline) while @messages.empty? && !@closed && !@clock.past?(deadline)
        [shift, lag_message]
      end
      @tell_lag&.call(lag) if lag
      message&.taken
      message
    end

    # As Enumerator#next: raises StopIteration once the stream is closed.
    def next = get || raise(StopIteration, "#{inspect} is closed")

    # Ends the stream; a reader that waits is told by the end of its loop. Idempotent.
    def close
      @followings.each(&:unfollow)
      @mutex.synchronize do
        @closed = true
        @messages.clear
        @dropped = 0
        @changed.broadcast
      end
      nil
    end

    alias end_with_bus close

    # Whether it is at its end: `close` was called, or its bus was closed.
    def closed? = @closed

    def inspect = "#<BerryMQ::Stream #{@patterns.join(", ")}>"

    # What holding a message costs, in bytes; what JSON cannot hold counts as its overhead.
    def self.size_of(message)
      MESSAGE_OVERHEAD + message.payload.bytesize
    rescue NotEncodable
      MESSAGE_OVERHEAD
    end

    private

    def wait(deadline) = @changed.wait(@mutex, @clock.left(deadline))

    def shift
      message, size = @messages.shift
      @bytes -= size if size
      message
    end

    def drop_oldest(pattern)
      _, size = @messages.shift
      @bytes -= size
      @dropped += 1
      @lagging = pattern
    end

    def lag_message
      return if @dropped.zero?

      dropped = @dropped
      @dropped = 0
      Message.new("berrymq:lag", dropped: dropped, pattern: @lagging.text)
    end
  end
end
