# frozen_string_literal: true

# Time that only goes forward, in seconds: what every deadline of the SDK is measured with.
module BerryMQ
  module Clock
    def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    # Seconds until a deadline, never negative; nil (for ever) of nil.
    def self.left(deadline) = deadline && [deadline - now, 0].max

    # A deadline of nil is never past.
    def self.past?(deadline) = !deadline.nil? && now >= deadline
  end
end
