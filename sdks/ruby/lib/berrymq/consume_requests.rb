# frozen_string_literal: true

# What a consumer tells its gateway: the opening, then verdicts and credit, together as far as they wait.
module BerryMQ
  # As a Thread::Queue of requests to the transport that takes them. Thread-safe; one thread pops.
  class ConsumeRequests
    # Verdicts of one request.
    MOST = 1000
    private_constant :MOST

    def initialize(opening)
      @opening = opening
      @words = Thread::Queue.new # [settlement or nil, credit]
    end

    # True.
    def settle(settlement, credit)
      @words << [settlement, credit]
      true
    end

    def grant(credit) = settle(nil, credit)

    # Nothing more comes. Idempotent.
    def close = @words.close

    def empty? = @opening.nil? && @words.empty?

    # The next request; waits for it; nil once it is closed. All that was said while the one before was on its way goes with it.
    def pop
      opening = @opening
      @opening = nil
      return opening if opening

      word = @words.pop or return
      said = [word]
      said << @words.pop until @words.empty? || said.size == MOST
      { settlements: said.filter_map(&:first), credit: said.sum(&:last) }
    end
  end
  private_constant :ConsumeRequests
end
