# frozen_string_literal: true

# What goes wrong in a test, within what berryMQ promises: live followers may miss a message; queues may hand a message out again,
# or after its successor.
require "zlib"

module BerryMQ
  module Testing
    # Each follower and each queue has random numbers of its own, made of the seed, its pattern and its place: what happens to one says
    # nothing of another, in whatever order threads run.
    class Faults
      # Probabilities, from 0 to 1.
      def initialize(seed, drop:, duplicate:, reorder:)
        { drop: drop, duplicate: duplicate, reorder: reorder }.each do |name, value|
          next if value.is_a?(Numeric) && value.between?(0, 1)

          raise InvalidArgument, "#{name} is #{value.inspect}; it takes a probability from 0 to 1"
        end
        @seed = seed
        @drop = drop
        @duplicate = duplicate
        @reorder = reorder
        @mutex = Mutex.new
        @randoms = {}.compare_by_identity
        @keys = Hash.new(0)
      end

      # Whether this follower does not hear the message.
      def drop?(entry, message)
        return false if entry.kind == :queue || message.identifier.reserved?

        random(entry, "#{entry.identifier} #{entry.source}").rand < @drop
      end

      # Those of one queue.
      def for_queue(queue)
        OfQueue.new(random(queue, "queue #{queue.options.patterns.join(" ")} #{queue.options.name[/\A[^#]*/]}"), @duplicate, @reorder)
      end

      # The queue locks.
      class OfQueue
        def initialize(random, duplicate, reorder)
          @random = random
          @duplicate = duplicate
          @reorder = reorder
          @again = {}.compare_by_identity
          @passed = {}.compare_by_identity
        end

        # What goes out next: an item that was taken off the shelf, or, once in its life, its successor.
        def next_of(item, shelf)
          return item if @passed.key?(item) || @random.rand >= @reorder

          successor = shelf.shift or return item
          @passed[item] = true
          shelf.put(item)
          successor
        end

        # Whether it is handed out again, though it is done: once in its life.
        def again?(item) = !@again.key?(item) && @random.rand < @duplicate && (@again[item] = true)
      end
      private_constant :OfQueue

      private

      def random(owner, key)
        @mutex.synchronize { @randoms[owner] ||= Random.new(Zlib.crc32("#{@seed} #{key} #{@keys[key] += 1}")) }
      end
    end
  end
end
