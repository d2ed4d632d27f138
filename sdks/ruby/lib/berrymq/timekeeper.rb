# frozen_string_literal: true

# Tells the queues of one bus when something of theirs ends, whether anybody looks at them or not.
require "weakref"

module BerryMQ
  # One thread, which lives while there is something to wait for. It keeps nothing alive. Thread-safe.
  class Timekeeper
    # The Clock it waits by.
    attr_reader :clock

    def initialize(clock)
      @clock = clock
      @mutex = Mutex.new
      @changed = clock.condition
      @ends = [] # [when by the clock, WeakRef], by when
      @thread = nil
    end

    # Has `expire` called, once, in so many seconds. Calls nobody meanwhile, whatever locks the caller holds.
    def later(kept, seconds)
      time = @clock.now + [seconds, 0].max
      @mutex.synchronize do
        index = @ends.bsearch_index { |other, _| other > time } || @ends.size
        @ends.insert(index, [time, WeakRef.new(kept)])
        start
        @changed.signal if index.zero?
      end
    end

    # Has the thread wait by the clock as it now is.
    def wake = @mutex.synchronize { @changed.broadcast }

    # Has everything happen so many seconds earlier.
    def hasten(seconds)
      @mutex.synchronize do
        @ends.each { |entry| entry[0] -= seconds }
        @changed.broadcast
      end
    end

    # A forked child has none of its parent's threads.
    def after_fork
      @mutex.synchronize do
        @thread = nil
        start if @ends.any?
      end
    end

    private

    def start
      return if @thread&.alive?

      @thread = @clock.thread("berrymq-times") { call_all }
    end

    def call_all
      while (reference = next_due)
        call(reference)
      end
    end

    def call(reference)
      reference.__getobj__.expire
    rescue WeakRef::RefError
      nil # nobody holds the queue any more
    rescue StandardError => e
      warn "berryMQ: what expired in a queue could not be told: #{e.class}: #{e.message}"
    end

    # The next one, once its time has come; nil = there is nothing to wait for.
    def next_due
      @mutex.synchronize do
        @changed.wait(@mutex, @clock.left(@ends.first.first)) until @ends.empty? || @clock.past?(@ends.first.first)
        return @ends.shift.last if @ends.any?

        @thread = nil
      end
    end
  end
  private_constant :Timekeeper
end
