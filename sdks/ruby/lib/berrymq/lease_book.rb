# frozen_string_literal: true

# Who holds which message of a queue of this process, and until when.
module BerryMQ
  # Not thread-safe: its queue locks. Times are Clock's seconds.
  class LeaseBook
    # Settled leases that are known, so that settling twice is harmless.
    REMEMBERED = 10_000
    Lease = Struct.new(:item, :ends)
    private_constant :REMEMBERED, :Lease

    def initialize
      @leases = {} # id → Lease
      @settled = {} # ids, the oldest first
    end

    def size = @leases.size

    def items = @leases.each_value.map(&:item)

    # The id of a new lease.
    def add(item, ends)
      MessageIds.next.tap { |id| @leases[id] = Lease.new(item, ends) }
    end

    # What it holds, or nil.
    def held(id) = @leases[id]&.item

    def extend_to(id, ends)
      @leases.fetch(id).ends = ends
    end

    def settled?(id) = @settled.key?(id)

    # Ends a lease that holds; returns what it held.
    def settle(id)
      @settled[id] = true
      @settled.shift if @settled.size > REMEMBERED
      @leases.delete(id).item
    end

    # Ends those that ran out; returns what they held.
    def lapse(now)
      lost = @leases.select { |_, lease| lease.ends <= now }
      lost.map { |id, lease| @leases.delete(id) && lease.item }
    end

    # When the next one runs out, or nil.
    def next_end = @leases.each_value.map(&:ends).min
  end
  private_constant :LeaseBook
end
