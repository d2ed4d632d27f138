# frozen_string_literal: true

# What a queue of this process holds and nobody leases: the ready ones in the order of handing out, and those that wait for their time.
module BerryMQ
  # Not thread-safe: its queue locks. Times are Clock's seconds; `expires` is microseconds since the Unix epoch, 0 = never.
  class Shelf
    Item = Struct.new(:number, :message, :bytes, :attempt, :priority, :expires) do
      def expired?(now = Message.now_micros) = expires.positive? && expires <= now
    end
    PRIORITIES = 10
    private_constant :PRIORITIES

    def initialize
      @ready = Array.new(PRIORITIES) { [] } # by priority, each by number
      @ready_count = 0
      @delayed = [] # [due, Item], by due
    end

    # How many can be had; how many wait.
    attr_reader :ready_count

    def delayed_count = @delayed.size

    # At its place: behind all that came before it, or (given back) where it was.
    def put(item)
      line = @ready[item.priority]
      index = line.bsearch_index { |other| other.number > item.number } if line.any? && line.last.number > item.number
      index ? line.insert(index, item) : line << item
      @ready_count += 1
    end

    # To be put once `due` is past.
    def put_later(item, due)
      index = @delayed.bsearch_index { |time, _| time > due } if @delayed.any? && @delayed.last.first > due
      index ? @delayed.insert(index, [due, item]) : @delayed << [due, item]
    end

    # Puts what is due.
    def advance(now)
      put(@delayed.shift.last) while @delayed.any? && @delayed.first.first <= now
    end

    # When the next one is due, or nil.
    def next_due = @delayed.first&.first

    # The next one, highest priority first, or nil.
    def shift
      return if @ready_count.zero?

      @ready_count -= 1
      @ready.reverse_each { |line| return line.shift unless line.empty? }
    end

    # The one that came first, whatever its priority; one that waits only when nothing else is there; or nil.
    def shift_oldest
      return @delayed.shift&.last if @ready_count.zero?

      @ready_count -= 1
      @ready.reject(&:empty?).min_by { |line| line.first.number }.shift
    end

    def first(max) = @ready.reverse_each.lazy.flat_map(&:itself).first(max)

    # Every Item.
    def items = @ready.flatten(1).concat(@delayed.map(&:last))

    # Takes away those for which the block is true; returns them.
    def remove(&block)
      gone = items.select(&block)
      return gone if gone.empty?

      @ready.each { |line| line.reject!(&block) }
      @ready_count = @ready.sum(&:size)
      @delayed.reject! { |_, item| block.call(item) }
      gone
    end
  end
  private_constant :Shelf
end
