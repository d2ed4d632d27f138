# frozen_string_literal: true

# Names for messages: random for this process, then a count. Cheap, unique, made anew after a fork.
require "securerandom"

module BerryMQ
  module MessageIds
    @mutex = Mutex.new
    @count = 0

    class << self
      # A new id, such as "9f86d081884c7d65-1a".
      def next = give { |id| id }

      # Yields a new id while nobody else gets one, so that what is named when somebody looks is named once. Returns what the block does.
      def give = @mutex.synchronize { yield "#{@prefix}-#{(@count += 1).to_s(36)}" }

      # Takes a new random part: a forked child would repeat its parent's ids.
      def renew
        @prefix = SecureRandom.hex(8)
      end
    end

    renew
  end
end
