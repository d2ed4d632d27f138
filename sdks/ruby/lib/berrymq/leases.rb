# frozen_string_literal: true

# Keeps the leases of deliveries whose handlers run: each is extended at every third of it.
module BerryMQ
  # One thread for a bus, which lives while there is something to extend. Thread-safe.
  class Leases
    # A delivery that is being worked on.
    class Hold
      attr_reader :delivery, :seconds
      # When to extend next; when the lease ends unless it is extended.
      attr_accessor :due, :ends

      def initialize(delivery, seconds, clock)
        @delivery = delivery
        @seconds = seconds
        @clock = clock
        @lost = false
        kept
      end

      def kept
        now = @clock.now
        @due = now + (@seconds / 3.0)
        @ends = now + @seconds
      end

      def lost? = @lost || @delivery.lost?

      def lose
        @lost = true
      end
    end

    # The Clock it goes by.
    attr_reader :clock

    def initialize(clock)
      @clock = clock
      @mutex = Mutex.new
      @changed = clock.condition
      @holds = {}.compare_by_identity
      @thread = nil
    end

    # Extends the delivery's lease of so many seconds while the block runs, which is given the Hold.
    def during(delivery, seconds)
      hold = Hold.new(delivery, seconds, @clock)
      @mutex.synchronize do
        @holds[hold] = true
        start
        @changed.signal
      end
      yield hold
    ensure
      @mutex.synchronize { @holds.delete(hold) }
    end

    # Has the thread wait by the clock as it now is.
    def wake = @mutex.synchronize { @changed.broadcast }

    # A forked child has none of its parent's threads.
    def after_fork
      @holds.clear
      @thread = nil
    end

    private

    def start
      return if @thread&.alive?

      @thread = @clock.thread("berrymq-leases") { extend_all }
    end

    # Ends after a while without anything to do; `during` starts it anew.
    def extend_all
      while (hold = next_due)
        extend_one(hold)
      end
    end

    IDLE_SECONDS = 10.0
    private_constant :IDLE_SECONDS

    def next_due
      @mutex.synchronize do
        loop do
          hold = @holds.each_key.min_by(&:due)
          return hold if hold && @clock.past?(hold.due)

          @changed.wait(@mutex, hold ? @clock.left(hold.due) : IDLE_SECONDS)
          return @thread = nil if hold.nil? && @holds.empty?
        end
      end
    end

    def extend_one(hold)
      hold.delivery.extend
      hold.kept
    rescue LeaseLost, QueueNotFound, Closed
      lose(hold)
    rescue StandardError # between connections: the next try may succeed
      @clock.past?(hold.ends) ? lose(hold) : hold.due = [hold.ends, @clock.now + (hold.seconds / 10.0)].min
    end

    def lose(hold)
      hold.lose
      @mutex.synchronize { @holds.delete(hold) }
    end
  end
  private_constant :Leases
end
