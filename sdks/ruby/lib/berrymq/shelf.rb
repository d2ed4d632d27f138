# frozen_string_literal: true

# What a queue of this process holds and nobody leases: the ready ones in the order of handing out, those that wait for their time, and
# which of them expire when.
module BerryMQ
  # Not thread-safe: its queue locks. Times are Clock's seconds; `expires` is microseconds since the Unix epoch, 0 = never.
  class Shelf
    # `state` is :ready, :delayed (until `due`) or :out; `watched` = it stands among those that expire.
    Item = Struct.new(:number, :message, :bytes, :attempt, :priority, :expires, :state, :due, :watched)
    PRIORITIES = 10
    # Items among those that expire that may be out before they are swept.
    SLACK = 4096
    private_constant :PRIORITIES, :SLACK

    def initialize
      @ready = Array.new(PRIORITIES) { [] } # by priority, each by number
      @ready_count = 0
      @delayed = [] # by due
      @expiring = [] # by expires
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
      item.state = :ready
      watch(item)
    end

    # To be put once `due` is past.
    def put_later(item, due)
      index = @delayed.bsearch_index { |other| other.due > due } if @delayed.any? && @delayed.last.due > due
      index ? @delayed.insert(index, item) : @delayed << item
      item.state = :delayed
      item.due = due
      watch(item)
    end

    # Puts what is due.
    def advance(now)
      put(@delayed.shift) while @delayed.any? && @delayed.first.due <= now
    end

    # When the next one is due, or nil.
    def next_due = @delayed.first&.due

    # Takes away what has expired by now, in microseconds since the Unix epoch; returns it.
    def expire(now)
      gone = []
      while @expiring.any? && @expiring.first.expires <= now
        item = @expiring.shift
        item.watched = false
        next if item.state == :out

        take_out(item)
        gone << item
      end
      gone
    end

    # When something may expire next, or nil.
    def next_end = @expiring.first&.expires

    # The next one, highest priority first, or nil.
    def shift
      return if @ready_count.zero?

      @ready_count -= 1
      @ready.reverse_each { |line| return out(line.shift) unless line.empty? }
    end

    # The one that came first, whatever its priority; one that waits only when nothing else is there; or nil.
    def shift_oldest
      return out(@delayed.shift) if @ready_count.zero?

      @ready_count -= 1
      out(@ready.reject(&:empty?).min_by { |line| line.first.number }.shift)
    end

    def first(max) = @ready.reverse_each.lazy.flat_map(&:itself).first(max)

    # Every Item.
    def items = @ready.flatten(1).concat(@delayed)

    # Takes everything away; returns it.
    def clear
      gone = items.each { |item| out(item) }
      @ready.each(&:clear)
      @ready_count = 0
      @delayed.clear
      gone
    end

    private

    def out(item)
      item.state = :out if item
      item
    end

    def watch(item)
      return if item.watched || item.expires.zero?

      item.watched = true
      index = @expiring.bsearch_index { |other| other.expires > item.expires } if @expiring.any? && @expiring.last.expires > item.expires
      index ? @expiring.insert(index, item) : @expiring << item
      sweep if @expiring.size > SLACK + (2 * (@ready_count + @delayed.size))
    end

    # What is leased is watched again when it is given back.
    def sweep
      swept, @expiring = @expiring.partition { |item| item.state == :out }
      swept.each { |item| item.watched = false }
    end

    def take_out(item)
      if item.state == :ready
        @ready_count -= 1
        remove(@ready[item.priority], @ready[item.priority].bsearch_index { |other| other.number >= item.number })
      else
        index = @delayed.bsearch_index { |other| other.due >= item.due }
        index += 1 until @delayed[index].equal?(item)
        remove(@delayed, index)
      end
      out(item)
    end

    # Most go from the front, which costs nothing.
    def remove(line, index) = index.zero? ? line.shift : line.delete_at(index)
  end
  private_constant :Shelf
end
