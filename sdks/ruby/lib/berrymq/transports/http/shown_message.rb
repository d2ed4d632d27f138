# frozen_string_literal: true

# The contract's Message in JSON (docs/json.md), there and back. Payloads travel as bytes, in base64, so that checksums, numbers and
# the order of keys stay as their publisher wrote them, whoever reads them on the way.
require "json"

module BerryMQ
  module Transports
    class Http
      # A message that came, with readers under the contract's names.
      class ShownMessage
        ABSENT = {
          id: "", identifier: "", content_type: "", attributes: {}.freeze, published_at: 0, expires_at: 0, sender: "", reply_to: "",
          resent: false, hops: 0, priority: 0, deliver_at: 0, require_ack: false, attempt: 0
        }.freeze
        private_constant :ABSENT

        def self.from(json) = new(Shapes.object(json))

        def initialize(fields)
          @fields = fields
        end

        ABSENT.each { |name, absent| define_method(name) { @fields.fetch(name.name, absent) } }

        # Bytes.
        def payload
          @payload ||= @fields.fetch("payload_base64", "").unpack1("m")
        end

        def answer
          mark = @fields["answer"] or return
          Answer.new(to: mark["to"] || "", number: mark["number"] || 0, of: mark["of"] || 0, failed: mark["failed"] || false)
        end
      end

      # A message to send.
      module Entry
        # As the gateway counts: bytes of the payload and of the texts around it.
        MOST_BYTES = 4 * 1024 * 1024
        TEXTS = %i[message_id id content_type sender reply_to].freeze
        private_constant :MOST_BYTES, :TEXTS

        class << self
          # The message as JSON. Raises NotEncodable and MessageTooLarge.
          def write(message)
            fields = { payload_base64: [message.payload].pack("m0"), **texts(message), published_at: message.published_micros }
            check_size(message)
            JSON.generate(message.rare? ? fields.merge(rarities(message)) : fields)
          rescue JSON::GeneratorError, EncodingError => e
            raise NotEncodable, "the message to #{message.id.inspect} holds a text that is no UTF-8: #{e.message}"
          end

          private

          def texts(message)
            { id: message.message_id, identifier: message.id, content_type: message.content_type, sender: message.sender || "" }
              .reject { |_, text| text.empty? }
          end

          def rarities(message)
            { expires_at: message.expires_micros, reply_to: message.reply_to, hops: message.hops, priority: message.priority,
              deliver_at: message.deliver_micros, require_ack: message.require_ack?, attributes: message.attributes,
              answer: message.answer&.to_h }.reject { |_, value| [nil, 0, false, {}].include?(value) }
          end

          def check_size(message)
            bytes = message.payload.bytesize + TEXTS.sum { |name| message.public_send(name).to_s.bytesize }
            bytes += message.attributes.sum { |key, value| key.bytesize + value.bytesize }
            return if bytes <= MOST_BYTES

            raise MessageTooLarge, "the message to #{message.id} has #{bytes} bytes; at most #{MOST_BYTES} travel. " \
                                   "Keep large things in a file store and send their address"
          end
        end
      end
      private_constant :ShownMessage, :Entry
    end
  end
end
