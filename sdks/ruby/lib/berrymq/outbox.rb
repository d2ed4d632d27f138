# frozen_string_literal: true

# The bounded hold of publishes that are unsent or unanswered: what keeps a lost connection from losing messages.
module BerryMQ
  # Entries are numbered from 1 without a gap. `put` adds at the end, `take` sends from where the connection stands, `settle`
  # forgets what is answered, `rewind` makes the rest unsent again. Thread-safe; receipts change under its lock.
  class Outbox
    MAX_BATCH_MESSAGES = 512
    MAX_BATCH_BYTES = 256 * 1024

    # Some entries of one receipt, up to and including a sequence number.
    Run = Struct.new(:through, :receipt)
    # What one write sends: joined entries, the first one's number, whether an earlier connection sent them.
    Slice = Struct.new(:joined, :first_sequence, :resent)
    private_constant :Run, :Slice

    # Every number up to this one is answered.
    attr_reader :through

    def initialize(max_held:, max_held_bytes:)
      { max_held: max_held, max_held_bytes: max_held_bytes }.each do |name, value|
        raise InvalidArgument, "#{name} is #{value.inspect}; it takes an Integer above 0" unless value.is_a?(Integer) && value.positive?
      end
      @max_held = max_held
      @max_held_bytes = max_held_bytes
      @mutex = Mutex.new
      @changed = ConditionVariable.new # room, answers, the end
      @unsent = ConditionVariable.new
      start_over
    end

    # As new, for a session of its own: what a forked child holds is its parent's to send.
    def start_over
      @entries = []
      @runs = []
      @bytes = 0
      @through = 0
      @sent = 0 # how many of @entries this connection has sent
      @resent_through = 0
      @connection = nil
      @closed = nil
      @through_waits = [] # [number, block]
    end

    # Takes entries for a receipt. At the bound it waits while connected, and raises BacklogFull while not.
    def put(entries, receipt)
      @mutex.synchronize do
        entries.each do |entry|
          make_room(entry.bytesize)
          @entries << entry
          @bytes += entry.bytesize
        end
        last = @through + @entries.size
        receipt.held_by(self, last)
        @runs << Run.new(last, receipt)
        @unsent.signal
      end
    end

    # Waits for something to send on `connection`; nil once another connection, or none, is the current one.
    def take(connection)
      @mutex.synchronize do
        @unsent.wait(@mutex) while @connection.equal?(connection) && @sent == @entries.size
        @connection.equal?(connection) ? next_slice : nil
      end
    end

    # A new connection sends from here on; what an earlier one sent and nobody answered goes first. Nil = none.
    def rewind(connection)
      @mutex.synchronize do
        @resent_through = [@resent_through, @through + @sent].max
        @sent = 0
        @connection = connection
        @unsent.broadcast
        @changed.broadcast
      end
    end

    # Sends nothing more on the current connection, whose answers are still awaited.
    def pause
      @mutex.synchronize do
        @connection = nil
        @unsent.broadcast
      end
    end

    # Takes in a cumulative answer: runs that were accepted ([first, count, followers, queues]) and refused ([first, count, error]).
    # Returns the receipts of what was refused.
    def settle(through, accepted, refused)
      receipts = []
      @mutex.synchronize do
        accepted.each { |first, count, followers, queues| each_receipt(first, count) { |receipt, n| receipt.accept(n, followers, queues) } }
        refused.each { |first, count, error| each_receipt(first, count) { |receipt, _| receipts << receipt.refuse(error) } }
        forget(through)
        @changed.broadcast
      end
      tell_those_who_wait unless @through_waits.empty?
      receipts
    end

    # Calls the block, once, when the number is answered; never when nobody answers it.
    def when_through(sequence, &block)
      @mutex.synchronize { @through_waits << [sequence, block] }
      tell_those_who_wait
    end

    # Waits until the number is answered; raises Timeout, or Closed.
    def wait_through(sequence, timeout)
      deadline = timeout && (Clock.now + timeout.to_f)
      @mutex.synchronize do
        until @through >= sequence
          raise @closed if @closed
          raise Timeout, "no answer of the gateway within #{timeout} s" if Clock.past?(deadline)

          @changed.wait(@mutex, Clock.left(deadline))
        end
      end
    end

    # Waits until everything put so far is answered.
    def flush(timeout) = wait_through(last_sequence, timeout)

    def last_sequence = @mutex.synchronize { @through + @entries.size }

    # How many are unsent or unanswered.
    def held = @mutex.synchronize { @entries.size }

    # Takes nothing more; whoever waits is told the error.
    def close(error)
      @mutex.synchronize do
        @closed ||= error
        @connection = nil
        @unsent.broadcast
        @changed.broadcast
      end
    end

    private

    def tell_those_who_wait
      due = @mutex.synchronize do
        answered, @through_waits = @through_waits.partition { |sequence, _| sequence <= @through }
        answered
      end
      due.each { |_, block| block.call }
    end

    def make_room(bytes)
      loop do
        raise @closed if @closed
        return if @entries.empty? || (@entries.size < @max_held && @bytes + bytes <= @max_held_bytes)
        raise BacklogFull, full unless @connection

        @unsent.signal
        @changed.wait(@mutex)
      end
    end

    def full
      "#{@entries.size} messages (#{@bytes} bytes) wait for the gateway, as many as max_held and max_held_bytes allow; " \
        "publish again once it is back"
    end

    def next_slice
      first = @through + @sent + 1
      resent = first <= @resent_through
      count = slice_size(resent ? @resent_through - first + 1 : MAX_BATCH_MESSAGES)
      joined = @entries[@sent, count].join
      @sent += count
      Slice.new(joined, first, resent)
    end

    def slice_size(limit)
      limit = [limit, MAX_BATCH_MESSAGES, @entries.size - @sent].min
      bytes = 0
      (0...limit).each do |index|
        bytes += @entries[@sent + index].bytesize
        return [index, 1].max if bytes > MAX_BATCH_BYTES
      end
      limit
    end

    # The receipts behind `count` numbers from `first` on, each with how many of them are its own.
    def each_receipt(first, count)
      last = first + count - 1
      index = @runs.bsearch_index { |run| run.through >= first }
      while index && first <= last && (run = @runs[index])
        own = [run.through, last].min - first + 1
        yield run.receipt, own
        first += own
        index += 1
      end
    end

    def forget(through)
      count = [through - @through, @entries.size].min
      return unless count.positive?

      @bytes -= @entries.shift(count).sum(&:bytesize)
      @through += count
      @sent = [@sent - count, 0].max
      @runs.shift while @runs.first && @runs.first.through <= @through
    end
  end
end
