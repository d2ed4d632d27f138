# frozen_string_literal: true

# What berryMQ refuses, one class for each reason of `berrymq/v1/error.proto`. The list is closed.
module BerryMQ
  # Every refusal. Its message is for people: it names the value and the way out.
  class Error < StandardError
    class << self
      # The reason's name in the contract, such as "QUEUE_NOT_FOUND".
      attr_reader :reason

      # True when the same call may succeed later, unchanged.
      def retryable? = @retryable

      # The class of a reason; a reason that a newer gateway invented is an Internal.
      def for_reason(reason) = BY_REASON.fetch(reason, Internal)

      # What the contract's Error tells, as an error of its reason's class.
      def told(refusal) = for_reason(refusal.reason.to_s.upcase.delete_prefix("REASON_")).new(refusal.message)

      private

      def reason_is(reason, retryable: false)
        @reason = reason
        @retryable = retryable
        BY_REASON[reason] = self
      end
    end

    BY_REASON = {} # rubocop:disable Style/MutableConstant -- filled below, then frozen
    private_constant :BY_REASON

    def reason = self.class.reason

    def retryable? = self.class.retryable?
  end

  # An identifier or a pattern breaks the rules; the offending part is quoted.
  class InvalidIdentifier < Error
    reason_is "INVALID_IDENTIFIER"
  end

  # The name `berrymq` belongs to the system.
  class ReservedIdentifier < Error
    reason_is "RESERVED_IDENTIFIER"
  end

  # Bytes are not what their content type says.
  class MalformedMessage < Error
    reason_is "MALFORMED_MESSAGE"
  end

  # A call was given a value that it does not take.
  class InvalidArgument < Error
    reason_is "INVALID_ARGUMENT"
  end

  # One message is larger than 4 MiB (or than the gateway is configured to take).
  class MessageTooLarge < Error
    reason_is "MESSAGE_TOO_LARGE"
  end

  # A batch holds more than the gateway takes.
  class BatchTooLarge < Error
    reason_is "BATCH_TOO_LARGE"
  end

  # A bounded number at the gateway is used up.
  class LimitReached < Error
    reason_is "LIMIT_REACHED", retryable: true
  end

  # No queue has that name.
  class QueueNotFound < Error
    reason_is "QUEUE_NOT_FOUND"
  end

  # A queue of that name exists with other options.
  class QueueExists < Error
    reason_is "QUEUE_EXISTS"
  end

  # A queue is at its bound and takes nothing more.
  class QueueFull < Error
    reason_is "QUEUE_FULL", retryable: true
  end

  # The lease ran out; somebody else may hold the message now.
  class LeaseLost < Error
    reason_is "LEASE_LOST"
  end

  # An ask found nobody who answers.
  class NoFollowers < Error
    reason_is "NO_FOLLOWERS", retryable: true
  end

  # The time that the caller allowed is over.
  class Timeout < Error
    reason_is "TIMEOUT", retryable: true
  end

  # A message has travelled too many talks and links.
  class HopLimit < Error
    reason_is "HOP_LIMIT"
  end

  # The gateway is about to stop and takes nothing new.
  class Draining < Error
    reason_is "DRAINING", retryable: true
  end

  # The gateway cannot be reached.
  class Unavailable < Error
    reason_is "UNAVAILABLE", retryable: true
  end

  # As many publishes are held as may be.
  class BacklogFull < Error
    reason_is "BACKLOG_FULL", retryable: true
  end

  # The bus, queue or stream was closed by its owner.
  class Closed < Error
    reason_is "CLOSED"
  end

  # A value cannot be written as JSON; its path is named.
  class NotEncodable < Error
    reason_is "NOT_ENCODABLE"
  end

  # The engine of that gateway, or this process, cannot do that.
  class NotSupported < Error
    reason_is "NOT_SUPPORTED"
  end

  # The engine of the gateway could not write, for instance because the disk is full. Nothing of it is kept.
  class StorageFailed < Error
    reason_is "STORAGE_FAILED", retryable: true
  end

  # A newer program of the same ident has taken its place.
  class TakenOver < Error
    reason_is "TAKEN_OVER"
  end

  # A fault of the gateway; its log knows more.
  class Internal < Error
    reason_is "INTERNAL"
  end

  # The handler that should have answered raised.
  class HandlerFailed < Error
    reason_is "HANDLER_FAILED"

    # Class of what the handler raised, as its language calls it.
    attr_reader :class_name

    # What that says.
    attr_reader :text

    # Of what a handler raised.
    def self.of(error) = new(name_of(error), text_of(error))

    # What its class is called: an error of the SDK as in every language.
    def self.name_of(error) = error.class.to_s.delete_prefix("BerryMQ::")

    # What an exception says, as text that travels, whatever it is.
    def self.text_of(error)
      error.message.to_s.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
    rescue StandardError => e
      "(asked for its message, it raised #{e.class})"
    end

    def initialize(class_name, text = "")
      @class_name = class_name
      @text = text
      super(text.empty? ? class_name : "#{class_name}: #{text}")
    end
  end

  Error.send(:const_get, :BY_REASON).freeze

  # `get_nowait` found nothing. A ThreadError, as Thread::Queue#pop(true) raises.
  class Empty < ThreadError; end
end
