# frozen_string_literal: true

# Names for messages: random for this process, then a count. Cheap, unique, made anew after a fork.
require "securerandom"

module BerryMQ
  module MessageIds
    @mutex = Mutex.new
    @count = 0

    class << self
      # A new id, such as "9f86d081884c7d65-1a".
      def next
        @mutex.synchronize { "#{@prefix}-#{(@count += 1).to_s(36)}" }
      end

      # Takes a new random part: a forked child would repeat its parent's ids.
      def renew
        @prefix = SecureRandom.hex(8)
      end
    end

    renew
  end
end
