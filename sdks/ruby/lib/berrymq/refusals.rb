# frozen_string_literal: true

# What the gateway refused, and nobody waits for: nothing is lost in silence.
module BerryMQ
  # A publisher may look at its receipts later than the gateway's answers come: it has a second to do so, or until the link ends.
  class Refusals
    SECONDS = 1.0
    private_constant :SECONDS

    # The block is called with the error of each that nobody was told of.
    def initialize(times, &tell)
      @times = times
      @tell = tell
      @mutex = Mutex.new
      @receipts = []
    end

    # Takes in Receipts that were refused.
    def add(receipts)
      first = @mutex.synchronize { @receipts.empty?.tap { @receipts.concat(receipts) } }
      @times.later(self, SECONDS) if first
    end

    # The Timekeeper's to call, and the link's at its end.
    def expire
      receipts = @mutex.synchronize { @receipts.slice!(0..) }
      receipts.uniq.each { |receipt| @tell.call(receipt.error) unless receipt.told? }
    end
  end
  private_constant :Refusals
end
