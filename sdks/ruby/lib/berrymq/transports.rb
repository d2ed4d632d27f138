# frozen_string_literal: true

# Doors to gateways, and which one an address means. Each is loaded when it is first needed.
module BerryMQ
  # What a transport is to the rooms above it. Methods raise BerryMQ errors only and are callable from any thread. They speak in plain
  # values: requests are Hashes under the contract's names (proto/berrymq/v1) with durations in seconds and enumerations in small letters;
  # what comes answers to the contract's names, absent fields with the contract's defaults.
  #
  #   self.entry(message) → String       the message as the outbox holds it; raises NotEncodable, MessageTooLarge
  #   new(address, session:, ident:)     address is host:port
  #   publish_batches { next Slice }     a Call of PublishBatchesResponses; the block waits for the next slice, nil = no more
  #   follow(requests)                   a Call of Arrivals; requests are a Thread::Queue, closed at the end
  #   consume(requests)                  a Call of ConsumeResponses; likewise
  #   queue(name, request, timeout: 10)  the response of one call of the queue service
  #   ask(message, answers:, seconds:)   Enumerator of the answers
  #   redrive(request)                   a Call of RedriveResponses
  #   close                              ends every call; idempotent
  #   abandon                            in a forked child: lets go without a word, for the parent goes on with it
  #
  # A Call is a stream: `each` yields what comes and returns when the gateway ends it, raises what it ended it with; leaving the
  # block ends it. `cancel`, from any thread, has `each` raise Closed.
  module Transports
    # Messages that came on a follow stream, how many bytes of credit they took, the revision that now holds (or nil), and the
    # gateway's Drain (or nil), which has an `address`.
    Arrival = Struct.new(:messages, :bytes, :applied_revision, :drain)

    HOST_AND_PORT = %r{\A(?:[^\s:/@]+|\[[\h:.]+\]):\d{1,5}\z}
    FORMS = "\"localhost:7201\" or \"grpc://localhost:7201\" (gRPC), or \"http://localhost:7201\" (JSON, without the grpc gem)"
    LATER = {
      "https" => "TLS is not spoken yet; connect with http:// where the network may be trusted",
      "wss" => "TLS is not spoken yet; connect with http:// where the network may be trusted",
      "ws" => "WebSocket is spoken by the TypeScript and Python SDKs; http:// does the same here"
    }.freeze
    private_constant :HOST_AND_PORT, :FORMS, :LATER

    class << self
      # [class of the transport, host:port] of an address. Raises InvalidArgument, and NotSupported for what this SDK does not speak.
      def at(url)
        scheme, address = url.to_s.match(%r{\A(?:([a-z][a-z0-9+.-]*)://)?(.*)\z}im)&.captures
        scheme = scheme&.downcase || "grpc"
        raise NotSupported, "#{url.inspect}: #{LATER[scheme]}" if LATER.key?(scheme)

        address = address.to_s.delete_suffix("/") if scheme == "http"
        return [load(scheme), address] if %w[grpc http].include?(scheme) && address.to_s.match?(HOST_AND_PORT)

        raise InvalidArgument, "#{url.inspect} is no gateway's address; give host:port, such as #{FORMS}"
      end

      private

      def load(scheme)
        require_relative "transports/#{scheme}"
        scheme == "http" ? Http : Grpc
      rescue LoadError => e
        raise NotSupported, "gRPC cannot be loaded (#{e.message}): gem install grpc, or connect to http://, which needs no gem"
      end
    end
  end
end
