# frozen_string_literal: true

# The threads that run handlers after `set_multiplicity(n)`, under test: they wait in virtual time.
module BerryMQ
  module Testing
    # In place of Workers.
    class Pool
      # How long, in real seconds, `close` waits for handlers that run, unless it is told.
      CLOSE_SECONDS = 5.0
      private_constant :CLOSE_SECONDS

      def initialize(count, clock)
        @mutex = Mutex.new
        @waiting = clock.condition # for a job
        @jobs = []
        @closed = false
        @threads = Array.new(count) { |index| clock.thread("berrymq-worker-#{index + 1}") { work } }
      end

      # See Workers#run. It never has the publisher wait.
      def run(&job)
        return job.call if @threads.include?(Thread.current)

        @mutex.synchronize do
          @jobs << job
          @waiting.signal
        end
      end

      # Runs what is waiting, then ends the threads. Returns then, or after so many seconds.
      def close(seconds = CLOSE_SECONDS)
        @mutex.synchronize do
          @closed = true
          @waiting.broadcast
        end
        ends = Clock.now + seconds
        @threads.each { |thread| thread.join(Clock.left(ends)) unless thread == Thread.current }
      end

      private

      def work
        while (job = take)
          job.call
        end
      end

      # Nil = there will be no more.
      def take
        @mutex.synchronize do
          @waiting.wait(@mutex) while @jobs.empty? && !@closed
          @jobs.shift
        end
      end
    end
    private_constant :Pool
  end
end
