# frozen_string_literal: true

# Virtual time: it stands still until somebody moves it, and then goes from one thing that is due to the next.
module BerryMQ
  module Testing
    # What a Clock holds in place of real time. Threads of the bus are at work, or they wait here (parked): time moves only when none is
    # at work, so that nothing is guessed and nothing sleeps. The thread that made it moves it, by `advance` or by waiting; so does a
    # thread of the bus that calls `advance`. Thread-safe; its lock is the last that anybody takes.
    class VirtualTime
      # How long, in real seconds, a thread of the bus may be at work while time waits for it, and a test may wait for what is not due.
      PATIENCE = 10.0
      # Times nearer than this are one: seconds are no exact numbers.
      GRAIN = 1e-6
      # A thread that waits: for its condition, until `ends` (nil = for ever); `number` tells the order of those that end together.
      Parked = Struct.new(:thread, :condition, :ends, :number, :crew, :woken)
      FOR_EVER = "publish what it waits for before, or give it a timeout"
      private_constant :GRAIN, :Parked, :FOR_EVER

      # Seconds on the clock's own scale.
      attr_reader :now

      # `queues` answers those of the bus, which have something due of their own; `at_work` is called for what stays at work too long.
      def initialize(clock, queues:, at_work:)
        @clock = clock
        @queues = queues
        @at_work = at_work
        @owner = Thread.current
        @start = @now = Clock.now
        @wall = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
        @mutex = Mutex.new
        @changed = ConditionVariable.new
        @parked = []
        @moving = {}.compare_by_identity # threads of the bus that move time while they are at work
        @busy = @numbers = 0
        @ended = false
      end

      # Is the clock's time from now on. Its threads are called in to wait here, by the block.
      def begin
        @clock.turn_to(self) { |threads| @busy = threads }
        yield
        settle
      end

      # Real time again; whoever waits here goes on waiting there.
      def end
        @mutex.synchronize { @ended = true }
        @clock.turn_to(nil)
        @mutex.synchronize { @parked.dup.each { |parked| wake_one(parked) } }
      end

      def over? = @ended

      # Virtual seconds since the beginning.
      def elapsed = (@now - @start).round(6)

      def wall = @wall + ((@now - @start) * Clock::MICROS).round

      # Moves time on, through everything that is due by then; returns when what that set off is done.
      def advance(seconds)
        target = @now + seconds
        aside { run_until(target) { false } }
        @mutex.synchronize { @now = [@now, target].max }
        settle
      end

      # Returns when no thread of the bus is at work.
      def settle = aside { @mutex.synchronize { wait_until_idle } }

      # What handlers do is done then: a condition that does not hold now never will.
      def until = settle

      # Moves time until the block is true, an hour at most: handlers that wait come to their end.
      def run_out(&done) = run_until(@now + 3600, &done)

      # What follows is the Clock's to call.

      # As ConditionVariable#wait, in this time.
      def wait(condition, mutex, seconds)
        parked = park(condition, seconds)
        mutex.unlock
        begin
          parked.thread.equal?(@owner) && !parked.crew ? move_until_woken(parked) : sleep_until_woken(parked)
        ensure
          @mutex.synchronize { wake_one(parked) unless parked.woken } # it was killed, or lost its patience
          mutex.lock
        end
      end

      def wake(condition, all)
        @mutex.synchronize do
          waiting = @parked.select { |parked| parked.condition.equal?(condition) }
          (all ? waiting : waiting.first(1)).each { |parked| wake_one(parked) }
        end
      end

      # Gateways have a time of their own.
      def refuse(url)
        raise NotSupported, "connect(#{url.inspect}): this bus is under test, in virtual time; leave connect out, or run the test at a " \
                            "gateway: #{TestBus::GATEWAY}=#{url}"
      end

      # Threads for handlers.
      def workers(count) = Pool.new(count, @clock)

      # A thread of the bus begins; ends.
      def began = @mutex.synchronize { @busy += 1 }

      def ended = @mutex.synchronize { idle_by_one }

      private

      def park(condition, seconds)
        crew = @clock.crew?
        @mutex.synchronize do
          ends = seconds && (@now + seconds)
          parked = Parked.new(Thread.current, condition, ends, @numbers += 1, crew, @ended)
          @parked << parked unless @ended
          idle_by_one if crew && !@ended
          parked
        end
      end

      # Under the lock.
      def wake_one(parked)
        @parked.delete(parked)
        parked.woken = true
        @busy += 1 if parked.crew
        @changed.broadcast
      end

      def idle_by_one
        @busy -= 1
        @changed.broadcast
      end

      def sleep_until_woken(parked, patience = nil)
        @mutex.synchronize do
          until parked.woken
            raise Timeout, "nothing is due any more, and this waits for ever: #{FOR_EVER}" if Clock.past?(patience)

            @changed.wait(@mutex, Clock.left(patience))
          end
        end
      end

      # Other threads of the test may still publish, in real time.
      def move_until_woken(parked)
        run_until(nil) { parked.woken }
        sleep_until_woken(parked, Clock.now + PATIENCE)
      end

      # From one thing that is due to the next, until the block is true, or nothing more is due by then.
      def run_until(target)
        loop do
          @mutex.synchronize { wait_until_idle { yield } }
          return if yield

          due = next_due
          return if due.nil? || (target && due > target + GRAIN)

          go_to(due)
        end
      end

      # Under the lock. The block ends it early.
      def wait_until_idle
        patience = Clock.now + PATIENCE
        while working? && !(block_given? && yield)
          raise Timeout, "#{@at_work.call} is at work since #{PATIENCE} s, and virtual time waits for it" if Clock.past?(patience)

          @changed.wait(@mutex, Clock.left(patience))
        end
      end

      # Under the lock. A thread of the bus that moves time waits for those at work; everybody else waits for that one, too.
      def working? = @busy.positive? || (@moving.any? && !@moving.key?(Thread.current))

      # A thread of the bus that moves time is at work, and yet time moves.
      def aside
        return yield unless @clock.crew?

        @mutex.synchronize { (@moving[Thread.current] = true) && idle_by_one }
        begin
          yield
        ensure
          @mutex.synchronize { @moving.delete(Thread.current) && (@busy += 1) }
        end
      end

      def next_due
        parked = @mutex.synchronize { @parked.filter_map(&:ends).min }
        [parked, *@queues.call.map(&:next_due)].compact.min
      end

      # One thing at a time, so that equal tests go equal ways: first what a queue has due, then the threads in the order they came.
      def go_to(time)
        @mutex.synchronize { @now = [@now, time].max }
        queue = @queues.call.find { |one| one.next_due&.<=(@now) }
        return queue.fall_due if queue

        @mutex.synchronize do
          first = @parked.select { |parked| parked.ends&.<=(@now) }.min_by { |parked| [parked.ends, parked.number] }
          wake_one(first) if first
        end
      end
    end
  end
end
