# frozen_string_literal: true

# Ids of the messages that came over a link lately.
module BerryMQ
  # Kept as they came, batch by batch: they are looked through in the rare case that something is sent again. Not thread-safe: the
  # dispatching thread has it.
  class ArrivedIds
    KEPT = 10_000
    private_constant :KEPT

    def initialize
      @batches = []
      @count = 0
    end

    def add(ids)
      @batches << ids
      @count += ids.size
      @count -= @batches.shift.size while @count - @batches.first.size >= KEPT
    end

    def include?(id) = @batches.any? { |ids| ids.include?(id) }
  end
  private_constant :ArrivedIds
end
