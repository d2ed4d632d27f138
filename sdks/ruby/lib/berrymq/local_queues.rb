# frozen_string_literal: true

# The queues of one bus that live in its process: the shared ones by name.
module BerryMQ
  class LocalQueues
    def initialize
      @mutex = Mutex.new
      @shared = {}
    end

    # The queue that the options ask for, following their pattern. Raises QueueExists and NotSupported.
    def open(bus, options)
      if options.policy == "broadcast"
        raise NotSupported, "the queue #{options.name} asks for policy \"broadcast\", which only a gateway has; connect first"
      end
      return follow(bus, LocalQueue.new(options)) if options.standalone

      @mutex.synchronize do
        queue = @shared[options.name] ||= follow(bus, LocalQueue.new(options) { @shared.delete(options.name) })
        next queue if queue.options == options.filled

        raise QueueExists, "the queue #{options.name} is there with other options; open it with the same, or delete it first"
      end
    end

    private

    def follow(bus, queue)
      queue.following = bus.register(SinkFollowing.new(bus, queue.options.pattern, queue))
      queue
    end
  end
end
