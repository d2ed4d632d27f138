# frozen_string_literal: true

# What is on a bus when a test begins, so that everything else ends with the test.
module BerryMQ
  module Testing
    # What was there before stays as it was: queues of the process are empty during the test, and hold afterwards what they held.
    class Scene
      def initialize(bus)
        @bus = bus
        @entries = bus.router.entries
        @works = bus.works.all
        @adapters = bus.adapters
        @queues = bus.local_queues.all
        @on_error = bus.dispatcher.on_error
        @multiplicity = bus.dispatcher.multiplicity
        @receivers = bus.receivers
        @put_back = []
      end

      # Empties the queues of the process.
      def set
        @put_back = @queues.map(&:set_aside)
      end

      # Has handlers run in threads as the clock now has them, if they run in threads.
      def change_workers
        @bus.dispatcher.multiplicity = @multiplicity unless @bus.closed? || [@multiplicity, @bus.dispatcher.multiplicity].sum.zero?
      end

      # Has the threads of the bus wait by its clock as it now is.
      def wake
        @queues.each(&:wake)
        @bus.works.wake
        @bus.times.wake
      end

      # Ends what was registered and opened since.
      def strike
        @bus.receivers = @receivers
        (@bus.adapters - @adapters).each(&:stop)
        (@bus.works.all - @works).each(&:unfollow)
        (@bus.local_queues.all - @queues).each { |queue| end_queue(queue) }
        (@bus.router.entries - @entries).each { |entry| end_entry(entry) }
        @bus.dispatcher.on_error = @on_error
      end

      # Fills the queues again.
      def restore = @put_back.each(&:call)

      private

      # Dead letters of a queue that was there go with their messages.
      def end_queue(queue)
        return queue.purge if queue.is_a?(DeadLetters)

        queue.options.standalone ? queue.close : queue.delete
      end

      def end_entry(entry)
        entry.respond_to?(:sink) ? entry.sink&.close : entry.unfollow
      end
    end
  end
end
