# frozen_string_literal: true

# Messages as protobuf bytes. Loaded with the first gRPC connection; without one no process needs protobuf.
require "berrymq/v1/message_pb"
require "berrymq/v1/publisher_service_pb"

module BerryMQ
  # Entries (a message as a slice of a Batch: tag, length, body) are what the outbox holds and concatenates.
  module Wire
    # Bytes of one encoded message, without its tag and length.
    MAX_MESSAGE_BYTES = 4 * 1024 * 1024
    MESSAGES_TAG = "\x0a".b.freeze # Batch.messages, and PublishBatchesRequest.batch
    FIRST_SEQUENCE_TAG = "\x10".b.freeze
    RESENT = "\x18\x01".b.freeze
    KNOWN = 8192
    private_constant :MESSAGES_TAG, :FIRST_SEQUENCE_TAG, :RESENT, :KNOWN

    # The fields of every message: tags and the time's bytes as numbers, all else as bytes.
    ORDINARY = "Ca*a*a*Ca*a*a*C5a*a*"
    NOTHING = "".b.freeze
    private_constant :ORDINARY, :NOTHING

    @identifiers = {}
    @content_types = {}
    @senders = {}
    @later = [0, "\x00".b].freeze

    class << self
      # The message as an entry of a batch. Raises NotEncodable and MessageTooLarge.
      def entry(message)
        body = body_of(message)
        if body.bytesize > MAX_MESSAGE_BYTES
          raise MessageTooLarge, "the message to #{message.id} has #{body.bytesize} bytes; at most #{MAX_MESSAGE_BYTES} travel. " \
                                 "Keep large things in a file store and send their address"
        end
        (MESSAGES_TAG + varint(body.bytesize)) << body
      end

      # A PublishBatchesRequest of joined entries, encoded.
      def publish_request(entries, first_sequence, resent)
        request = (MESSAGES_TAG + varint(entries.bytesize)) << entries << FIRST_SEQUENCE_TAG << varint(first_sequence)
        resent ? request << RESENT : request
      end

      # How many bytes of messages an encoded FollowResponse holds: the length of its first field.
      def batch_bytes(response)
        return 0 unless response.start_with?(MESSAGES_TAG)

        size = 0
        (1..5).each do |index|
          byte = response.getbyte(index)
          size |= (byte & 127) << (7 * (index - 1))
          break if byte < 128
        end
        size
      end

      # The V1::Message.
      def to_proto(message) = V1::Message.decode(body_of(message))

      private

      # The fields that every message has are written here, which is three times as fast as a V1::Message for each; a
      # test compares the two. Protobuf takes fields in any order, so the rare ones follow as the library writes them.
      def body_of(message)
        body = ordinary(message, message.message_id, message.payload, message.published_micros)
        message.rare? ? body << V1::Message.encode(rarities(message)) : body
      end

      # In one `pack`, which takes half the time of putting them together.
      def ordinary(message, id, payload, micros)
        type = message.content_type
        sender = message.sender
        [
          0x0a, varint(id.bytesize), id, known(@identifiers, "\x12", message.id), 0x1a, varint(payload.bytesize), payload,
          type.empty? ? NOTHING : known(@content_types, "\x22", type),
          0x30, (micros & 127) | 128, ((micros >> 7) & 127) | 128, ((micros >> 14) & 127) | 128, ((micros >> 21) & 127) | 128,
          later(micros >> 28), sender ? known(@senders, "\x42", sender) : NOTHING
        ].pack(ORDINARY)
      end

      # The end of a time's varint, which is another one every four minutes.
      def later(number)
        later = @later
        later = @later = [number, varint(number)].freeze unless later[0] == number
        later[1]
      end

      # A field whose text comes again and again: its bytes are remembered.
      def known(fields, tag, text)
        fields[text] || begin
          fields.clear if fields.size >= KNOWN
          fields[text] = (tag.b << varint(text.bytesize) << text.b).freeze
        end
      end

      def rarities(message)
        proto = V1::Message.new(expires_at: message.expires_micros, reply_to: message.reply_to || "", hops: message.hops,
                                priority: message.priority, deliver_at: message.deliver_micros, require_ack: message.require_ack?)
        message.attributes.each { |key, value| proto.attributes[key] = value }
        proto.answer = V1::Answer.new(**message.answer.to_h) if message.answer
        proto
      end

      def varint(number) = SMALL[number] || Wire.long_varint(number)
    end

    def self.long_varint(number)
      bytes = []
      while number > 127
        bytes << ((number & 127) | 128)
        number >>= 7
      end
      (bytes << number).pack("C*")
    end

    # Varints of lengths as they are common.
    SMALL = Array.new(1024) { |number| long_varint(number).freeze }.freeze
    private_constant :SMALL
  end
end
