# frozen_string_literal: true

# `debug_messages`: the system tells the followers of this process what is published, forwarded and received.
module BerryMQ
  # Of one bus, while it is on.
  class DebugMessages
    TELLING = :berrymq_telling
    private_constant :TELLING

    def initialize(dispatcher)
      @dispatcher = dispatcher
    end

    def sent(message) = tell("send_message", message)

    def forwarded(message) = tell("forward_message", message)

    def received(message) = tell("receive_message", message)

    private

    # In this thread, in which nothing more is told meanwhile: a follower that publishes would never come to an end.
    def tell(action, message)
      return if Thread.current.thread_variable_get(TELLING) || message.identifier.reserved?

      Thread.current.thread_variable_set(TELLING, true)
      told = { identifier: message.id, message_id: message.message_id, sender: message.sender || "" }
      @dispatcher.deliver_here(Message.new("#{Identifier::RESERVED_NAME}:#{action}", **told))
    ensure
      Thread.current.thread_variable_set(TELLING, nil) if told
    end
  end
  private_constant :DebugMessages
end
