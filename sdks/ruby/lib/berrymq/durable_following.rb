# frozen_string_literal: true

# Handlers that are fed from queues by name: one registration, and all of a bus.
module BerryMQ
  # What registering with `queue:` returns.
  class DurableFollowing
    # Pattern (Identifier); what the queue was asked to be.
    attr_reader :identifier, :options
    # The Following that is called.
    attr_reader :handler

    # `takes_any`: a queue that is there may have any options.
    def initialize(works, handler, options, work, takes_any: false)
      @takes_any = takes_any
      @works = works
      @handler = handler
      @identifier = handler.identifier
      @options = options
      @work = work
      @local = nil # LocalQueue, while the bus was never connected
    end

    def source = @handler.source

    def name = @handler.name

    def registration = self

    # Whether it was registered for that function, method or object.
    def of?(target) = target.equal?(self) || @handler.of?(target)

    # Takes nothing more; a handler that runs ends first, within 5 s. The queue stays. Idempotent.
    def unfollow
      @works.remove(self)
      @work.stop
    end

    def alive? = @handler.alive?

    def inspect = "#<#{self.class} #{@identifier} of #{@options.name}>"

    # What follows is the registry's to call.

    # Works the process's own queue.
    def work_here(local)
      @local = local
      @work.feed(local)
    end

    # Works the gateway's queue; what the process's own still holds is worked off, and nothing more comes to it.
    def work_there(link)
      return if @identifier.local?

      keeper = GatewayQueue.new(link, @options.name, @options, as_it_is: @takes_any)
      made_now(keeper)
      @local&.take_no_more
      @work.feed(keeper)
    end

    # Works the process's own queue again, which `local` is.
    def come_back(local)
      return if @identifier.local?

      @work.leave
      work_here(local)
    end

    def stop(deadline) = @work.stop(deadline)

    def wake = @work.wake

    def after_fork = @work.after_fork

    private

    # Without a connection at this moment it is made as soon as there is one.
    def made_now(keeper)
      keeper.make
    rescue Unavailable, Draining
      nil
    end
  end

  # The durable followings of one bus.
  class Works
    def initialize(bus, answering)
      @bus = bus
      @answering = answering
      @mutex = Mutex.new
      @all = []
      @leases = Leases.new(bus.clock)
    end

    attr_reader :leases, :all

    # Has a handler (a Following) fed from the shared queue of that name. Raises InvalidArgument, and QueueExists where
    # `queue_options` asks for another queue than the one that is there.
    def add(handler, name, queue_options, concurrency)
      options = asked(handler.identifier, name, queue_options || {})
      work = Work.new(handler, @leases, concurrency: concurrency, tell: @bus.method(:report), answer: method(:answer),
                                        watch: @bus.dispatcher.method(:watch))
      following = DurableFollowing.new(self, handler, options, work, takes_any: queue_options.nil?)
      here = @bus.link.nil? || handler.identifier.local?
      here ? following.work_here(opened_here(options, queue_options)) : following.work_there(@bus.link)
      @mutex.synchronize { @all += [following] }
      following
    end

    def remove(following) = @mutex.synchronize { @all -= [following] }

    def join(link) = @all.each { |following| following.work_there(link) }

    # The link is about to end: the process's own queues are worked again.
    def leave = @all.each { |following| following.come_back(@bus.local_queues.open_again(@bus, following.options)) }

    # Takes nothing more; handlers that run may end, for 5 s at most.
    def stop
      deadline = @bus.clock.now + Work::STOP_SECONDS
      @all.each { |following| following.stop(deadline) }
    end

    # Has its threads wait by the clock as it now is.
    def wake
      @all.each(&:wake)
      @leases.wake
    end

    def after_fork
      @leases.after_fork
      @all.each(&:after_fork)
    end

    private

    def asked(identifier, name, options)
      QueueOptions.read(name, [identifier.text].freeze, false, options)
    end

    # A queue that is there is taken as it is, unless the following says how it should be.
    def opened_here(options, queue_options)
      known = @bus.local_queues.find(options.name) if queue_options.nil?
      return known if known && QueuePatterns.meet?(known.options.patterns, options.patterns)

      @bus.local_queues.open(@bus, options)
    end

    def answer(message, outcome) = @answering.publish(message, outcome, message.received?)
  end
  private_constant :Works
end
