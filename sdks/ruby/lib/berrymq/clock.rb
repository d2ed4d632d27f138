# frozen_string_literal: true

# Time as a parameter: what everything of one bus measures, stamps and waits with. Tests put virtual time in its place.
module BerryMQ
  # `Clock.now`, `Clock.left` and `Clock.past?` are real time, which links measure with. Each bus has a Clock of its own, which is
  # real until somebody sets `virtual`: something with `now`, `wall`, `wait(condition, mutex, seconds)`, `wake(condition, all)`,
  # `began` and `ended` (a thread of the bus), `workers(count)` (in place of Workers), `refuse(url)` (a gateway), as
  # BerryMQ::Testing::VirtualTime.
  class Clock
    MICROS = 1_000_000

    class << self
      # Seconds that only go forward.
      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

      # Seconds until a deadline, never negative; nil (for ever) of nil.
      def left(deadline) = deadline && [deadline - now, 0].max

      # A deadline of nil is never past.
      def past?(deadline) = !deadline.nil? && now >= deadline
    end

    # Nil = real.
    attr_reader :virtual

    def initialize
      @mutex = Mutex.new
      @crew = {}.compare_by_identity
    end

    # Seconds that only go forward.
    def now = (virtual = @virtual) ? virtual.now : Process.clock_gettime(Process::CLOCK_MONOTONIC)

    # Microseconds since the Unix epoch.
    def wall = (virtual = @virtual) ? virtual.wall : Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)

    # Time, in so many seconds.
    def time(seconds = 0) = Time.at(0, wall + (seconds * MICROS).round, :usec)

    # See Clock.left.
    def left(deadline) = deadline && [deadline - now, 0].max

    # See Clock.past?.
    def past?(deadline) = !deadline.nil? && now >= deadline

    # What threads wait for each other with.
    def condition = Condition.new(self)

    # A thread of the bus: virtual time waits for it while it is at work.
    def thread(name, &body)
      @mutex.synchronize do
        @virtual&.began
        Thread.new { aboard(name, &body) }.tap { |thread| @crew[thread] = true }
      end
    end

    # Whether the thread is one of the bus.
    def crew?(thread = Thread.current) = @mutex.synchronize { @crew.key?(thread) }

    # Puts virtual time, or (nil) real time in its place; the block is given how many threads of the bus there are.
    def turn_to(virtual)
      @mutex.synchronize do
        yield @crew.size if block_given?
        @virtual = virtual
      end
    end

    # A forked child has none of its parent's threads, and lives in real time.
    def after_fork
      @crew.clear
      @virtual = nil
    end

    # A condition variable of a clock. Waiting may end early: whoever waits looks again.
    class Condition < ConditionVariable
      def initialize(clock)
        super()
        @clock = clock
      end

      def wait(mutex, seconds = nil)
        virtual = @clock.virtual
        virtual ? virtual.wait(self, mutex, seconds) : super
      end

      def signal
        @clock.virtual&.wake(self, false)
        super
      end

      def broadcast
        @clock.virtual&.wake(self, true)
        super
      end
    end

    private

    def aboard(name)
      Thread.current.name = name
      yield
    ensure
      @mutex.synchronize do
        @crew.delete(Thread.current)
        @virtual&.ended
      end
    end
  end
end
