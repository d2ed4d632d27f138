# frozen_string_literal: true

# The queues of one bus that live in its process: the shared ones by name.
module BerryMQ
  class LocalQueues
    def initialize
      @times = Timekeeper.new
      @mutex = Mutex.new
      @shared = {}
    end

    # The queue that the options ask for, following their patterns. Raises QueueExists and NotSupported.
    def open(bus, options)
      if options.policy == "broadcast"
        raise NotSupported, "the queue #{options.name} asks for policy \"broadcast\", which only a gateway has; connect first"
      end
      return make(bus, options) if options.standalone

      @mutex.synchronize do
        queue = @shared[options.name] ||= make(bus, options) { @shared.delete(options.name) }
        next queue if queue.options == options.filled

        raise QueueExists, "the queue #{options.name} is there with other options; open it with the same, or delete it first"
      end
    end

    # The shared queue of that name, or nil.
    def find(name) = @mutex.synchronize { @shared[name] }

    # In a forked child.
    def after_fork = @times.after_fork

    private

    def make(bus, options, &on_delete)
      queue = LocalQueue.new(options, times: @times, dropped: bus.method(:tell_drop), &on_delete)
      queue.followings = options.patterns.map { |pattern| bus.register(SinkFollowing.new(bus, pattern, queue)) }
      queue
    end
  end
end
