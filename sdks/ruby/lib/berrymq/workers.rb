# frozen_string_literal: true

# The threads that run handlers after `set_multiplicity(n)`.
module BerryMQ
  class Workers
    # Calls that wait for a thread; past it the publisher waits.
    MAX_WAITING = 1024
    private_constant :MAX_WAITING

    def initialize(count)
      @jobs = SizedQueue.new(MAX_WAITING)
      @threads = Array.new(count) { |index| start(index) }
    end

    # Runs the block in one of the threads. A handler's own publishes run in its thread: waiting for a free one could
    # wait for itself.
    def run(&job)
      return job.call if Thread.current.thread_variable_get(:berrymq_workers).equal?(self)

      @jobs << job
    rescue ClosedQueueError
      job.call # it was closed meanwhile
    end

    # Runs what is waiting, then ends the threads. Returns then, or after so many seconds (nil = whenever that is).
    def close(seconds = nil)
      ends = seconds && (Clock.now + seconds)
      @jobs.close
      @threads.each { |thread| thread.join(Clock.left(ends)) unless thread == Thread.current }
    end

    private

    def start(index)
      Thread.new do
        Thread.current.name = "berrymq-worker-#{index + 1}"
        Thread.current.thread_variable_set(:berrymq_workers, self)
        while (job = @jobs.pop)
          job.call
        end
      end
    end
  end
end
