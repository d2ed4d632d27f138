# frozen_string_literal: true

# Messages as protobuf bytes, and back. Loaded with the first link; without one no process needs protobuf.
require "berrymq/v1/message_pb"

module BerryMQ
  # Entries (a message as a slice of a Batch: tag, length, body) are what the outbox holds and concatenates.
  module Wire
    # Bytes of one encoded message, without its tag and length.
    MAX_MESSAGE_BYTES = 4 * 1024 * 1024
    MESSAGES_TAG = "\x0a".b.freeze # Batch.messages, and PublishBatchesRequest.batch
    FIRST_SEQUENCE_TAG = "\x10".b.freeze
    RESENT = "\x18\x01".b.freeze
    private_constant :MESSAGES_TAG, :FIRST_SEQUENCE_TAG, :RESENT

    class << self
      # The message as an entry of a batch. Raises NotEncodable and MessageTooLarge.
      def entry(message)
        body = V1::Message.encode(to_proto(message))
        if body.bytesize > MAX_MESSAGE_BYTES
          raise MessageTooLarge, "the message to #{message.id} has #{body.bytesize} bytes; at most #{MAX_MESSAGE_BYTES} travel. " \
                                 "Keep large things in a file store and send their address"
        end
        MESSAGES_TAG + varint(body.bytesize) << body
      end

      # A PublishBatchesRequest of joined entries, encoded.
      def publish_request(entries, first_sequence, resent)
        request = MESSAGES_TAG + varint(entries.bytesize) << entries << FIRST_SEQUENCE_TAG << varint(first_sequence)
        resent ? request << RESENT : request
      end

      # A Message over a decoded V1::Message.
      def from_proto(proto) = ReceivedMessage.new(proto)

      def to_proto(message)
        proto = V1::Message.new(
          id: message.message_id, identifier: message.id, payload: message.payload, content_type: message.content_type,
          published_at: message.published_micros, sender: message.sender || ""
        )
        add_rarities(proto, message)
        proto
      end

      private

      def add_rarities(proto, message)
        proto.expires_at = message.expires_micros unless message.expires_micros.zero?
        proto.reply_to = message.reply_to if message.reply_to
        proto.hops = message.hops unless message.hops.zero?
        message.attributes.each { |key, value| proto.attributes[key] = value } unless message.attributes.empty?
        proto.answer = V1::Answer.new(**message.answer.to_h) if message.answer
      end

      def varint(number)
        return number.chr if number < 128

        bytes = []
        while number > 127
          bytes << ((number & 127) | 128)
          number >>= 7
        end
        (bytes << number).pack("C*")
      end
    end
  end

  # A message that came over the link; every field is read when it is asked for.
  class ReceivedMessage < Message
    def initialize(proto) # rubocop:disable Lint/MissingSuper -- nothing of a made message is there
      @proto = proto
      @identifier = Identifier.parse(proto.identifier)
    end

    def payload = @payload || @proto.payload

    def content_type = @content_type || @proto.content_type

    def attributes = @attributes ||= @proto.attributes.to_h.freeze

    def message_id = @message_id ||= @proto.id

    def sender = @sender ||= presence(@proto.sender)

    def reply_to = @reply_to ||= presence(@proto.reply_to)

    def hops = @hops || @proto.hops

    def published_micros = @proto.published_at

    def expires_micros = @ttl ? super : @proto.expires_at

    def answer
      @answer ||= @proto.answer && Answer.new(**@proto.answer.to_h)
    end

    # True when the publisher could not know whether it arrived the first time.
    def resent? = @proto.resent

    private

    def presence(text) = text.empty? ? nil : text
  end
end
