# frozen_string_literal: true

# What a handler that works a queue raises to say something else than "done" (it returns) or "again, after the backoff" (it raises).
module BerryMQ
  # Give it back, counted: `raise BerryMQ::Retry`, or `raise BerryMQ::Retry, 5` for in 5 seconds (nil = the queue's backoff).
  class Retry < StandardError
    # Seconds, or nil for the queue's backoff.
    attr_reader :after

    def initialize(after = nil)
      unless after.nil? || (after.is_a?(Numeric) && !after.negative?)
        raise InvalidArgument, "Retry(#{after.inspect}): it takes seconds from 0 on, or nothing for the queue's backoff"
      end

      @after = after
      super("wanted the message again #{after ? "after #{after} s" : "later"}")
    end
  end

  # Give it up: it goes to the dead letters, with the reason.
  class Reject < StandardError
    # Nil = no reason was given.
    attr_reader :why

    def initialize(why = nil)
      @why = why&.to_s
      super(@why || "rejected")
    end
  end

  # Give it back at its old place, not counted.
  class Release < StandardError
    def initialize(message = "released") = super
  end
end
