# frozen_string_literal: true

# The queues of one bus that live in its process: the shared ones by name.
module BerryMQ
  class LocalQueues
    # `times` is the Timekeeper of the bus.
    def initialize(times)
      @times = times
      @mutex = Mutex.new
      @shared = {}
      @all = ObjectSpace::WeakMap.new
      @faults = nil
    end

    # Every queue, and every queue of dead letters.
    def all = @all.keys.flat_map { |queue| [queue, *queue.letters] }

    # Has things go wrong, as tests want it: with `for_queue(queue)` of it; nil = no more.
    def faults=(faults)
      @faults = faults
      @all.each_key { |queue| queue.faults = faults&.for_queue(queue) }
    end

    # The shared ones, by name.
    def shared = @mutex.synchronize { @shared.dup }

    # The queue that the options ask for, following its patterns. Raises QueueExists, NotSupported, InvalidArgument.
    def open(bus, options)
      if options.policy == "broadcast"
        raise NotSupported, "the queue #{options.name} asks for policy \"broadcast\", which only a gateway has; connect first"
      end
      return make(bus, options) if options.standalone

      @mutex.synchronize do
        known = known(options)
        next known.tap { AskedQueue.check(known.options, options) } if known

        @shared[options.name] = make(bus, AskedQueue.with_pattern(options)) { @shared.delete(options.name) }
      end
    end

    # The shared queue of that name, or nil.
    def find(name) = @mutex.synchronize { @shared[name] }

    # The shared queue of that name, taking in what is published, though it took no more meanwhile.
    def open_again(bus, options)
      queue = find(options.name) || self.open(bus, options)
      queue.followings = followings(bus, queue, queue.options) unless queue.takes_in?
      queue
    end

    private

    # The dead letters of a queue that is there are there, too, for whoever says no pattern.
    def known(options)
      letters = @shared[options.name.delete_suffix(Queue::DEAD)]&.dead if options.patterns.empty? && options.name.end_with?(Queue::DEAD)
      @shared[options.name] || letters
    end

    def make(bus, options, &on_delete)
      queue = LocalQueue.new(options, times: @times, dropped: bus.method(:tell_drop), &on_delete)
      @all[queue] = true
      queue.faults = @faults&.for_queue(queue)
      queue.followings = followings(bus, queue, options)
      queue
    end

    def followings(bus, queue, options)
      options.patterns.map { |pattern| bus.register(SinkFollowing.new(bus, pattern, queue)) }
    end
  end
end
