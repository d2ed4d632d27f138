# frozen_string_literal: true

# JSON-RPC and server-sent events (docs/json.md), with nothing but Ruby's own libraries; a forked child may use it as its parent did.
require "erb"
require_relative "../transports"
require_relative "http/rpc"
require_relative "http/calls"

module BerryMQ
  module Transports
    # One gateway. A line for each stream, and one for each call at a time.
    class Http
      # Beyond what the gateway was told: it tells TIMEOUT itself, the rest is for one that does not.
      GRACE = 1
      private_constant :GRACE

      def self.entry(message) = "#{Entry.write(message)},"

      def initialize(address, session:, ident:)
        @rpc = Rpc.new(address, { "berrymq-session" => session, "berrymq-ident" => ERB::Util.url_encode(ident),
                                  "berrymq-payload" => "base64" })
      end

      def publish_batches(&next_slice) = Publishing.new(@rpc, &next_slice)

      # The stream is opened with its credit alone; patterns, which may be many, follow in an update.
      def follow(requests)
        first = requests.pop
        Subscription.new(@rpc, "follow", "/v1/follow?resume=0&credit=#{first[:credit]}", first.except(:credit), requests) do |name, params|
          arrival(name, params)
        end
      end

      def consume(requests)
        first = requests.pop
        query = first.slice(:credit, :lease, :auto_ack).map { |name, value| "#{name}=#{value}" }.join("&")
        path = "/v1/queues/#{ERB::Util.url_encode(first[:queue])}/consume?#{query}"
        Subscription.new(@rpc, "consume", path, nil, requests) { |name, params| consumed(name, params) }
      end

      def queue(name, request, timeout: 10.0)
        Shapes::RESPONSES.fetch(name).from(@rpc.call("queue.#{name}", request, timeout: timeout))
      end

      # They come together, at the end.
      def ask(message, answers:, seconds:)
        params = "{\"message\":#{Entry.write(message)},\"answers\":#{answers},\"timeout\":#{seconds.to_f}}"
        Enumerator.new do |yielder|
          told = Shapes::Answers.from(@rpc.call("ask", params, timeout: seconds + GRACE))
          told.answers.each { |answer| yielder << answer }
        end
      end

      # One response, at the end.
      def redrive(request)
        Enumerator.new { |yielder| yielder << Shapes::Moved.from(@rpc.call("queue.redrive", request, timeout: nil)) }
      end

      def close = @rpc.close

      # Sockets are closed here alone: the parent goes on with them, and its gateway sees when it ends.
      def abandon = @rpc.close

      private

      def arrival(name, params)
        case name
        when "message" then Arrival.new([ShownMessage.from(params["message"])], params["bytes"] || 0)
        when "applied" then Arrival.new([], 0, params["revision"] || 0)
        when "draining" then Arrival.new([], 0, nil, Shapes::Drain.from(params))
        end
      end

      def consumed(name, params)
        case name
        when "delivery" then Shapes::Consumed.from({ "deliveries" => [params["delivery"]] })
        when "outcomes" then Shapes::Consumed.from(params)
        when "draining" then Shapes::Consumed.from({ "drain" => params })
        end
      end
    end
  end
end
