# frozen_string_literal: true

# Acknowledging what was published with `require_ack`: once every handler that it reached here has returned.
module BerryMQ
  # One message and the outcomes of its handlers, which may run in several threads.
  class Acknowledging
    # The block acknowledges.
    def initialize(&acknowledge)
      @acknowledge = acknowledge
      @mutex = Mutex.new
      @ended = 0
      @failed = false
    end

    # Nobody needs to be waited for.
    def done = @acknowledge.call

    def push(outcome)
      done = @mutex.synchronize do
        @failed ||= !outcome.error.nil?
        (@ended += 1) == outcome.of && !@failed
      end
      @acknowledge.call if done
    end
  end
  private_constant :Acknowledging
end
