# frozen_string_literal: true

# The only room that knows gRPC: channels, calls, and what its errors mean.
require "grpc"
require "google/protobuf/well_known_types" # Duration#to_f
require "google/rpc/error_details_pb"
require "berrymq/v1/publisher_service_services_pb"
require "berrymq/v1/follower_service_services_pb"
require "berrymq/v1/queue_service_services_pb"
require "berrymq/v1/talk_service_services_pb"
require_relative "../transports"
require_relative "grpc/wire"
require_relative "grpc/status"

module BerryMQ
  module Transports
    # One channel to one gateway.
    class Grpc
      CHANNEL = {
        "grpc.max_receive_message_length" => 16 * 1024 * 1024,
        "grpc.max_send_message_length" => 16 * 1024 * 1024,
        "grpc.keepalive_time_ms" => 20_000,
        "grpc.keepalive_timeout_ms" => 10_000,
        "grpc.keepalive_permit_without_calls" => 1,
        "grpc.http2.max_pings_without_data" => 0,
        # Reconnecting is the link's; a shared pool would add waiting times of its own.
        "grpc.use_local_subchannel_pool" => 1,
        "grpc.enable_retries" => 0
      }.freeze
      PUBLISH_BATCHES = "/berrymq.v1.PublisherService/PublishBatches"
      FOLLOW = "/berrymq.v1.FollowerService/Follow"
      CONSUME = "/berrymq.v1.QueueService/Consume"
      ENUMERATIONS = { overflow: "OVERFLOW", policy: "POLICY" }.freeze
      # Beyond what the gateway was told: it tells TIMEOUT itself, the deadline is for one that does not.
      GRACE = 1
      private_constant :CHANNEL, :PUBLISH_BATCHES, :FOLLOW, :CONSUME, :ENUMERATIONS, :GRACE

      def self.entry(message) = Wire.entry(message)

      # `address` is host:port; `session` and `ident` travel with every call.
      def initialize(address, session:, ident:)
        Grpc.used!
        @address = address
        @metadata = { "berrymq-session" => session, "berrymq-ident" => ident }
        @mutex = Mutex.new
        @operations = []
        @closed = false
        @channel = guarded { GRPC::Core::Channel.new(address, CHANNEL.dup, :this_channel_is_insecure) }
        options = { channel_override: @channel }
        @streams = GRPC::ClientStub.new(address, :this_channel_is_insecure, **options)
        @queues = V1::QueueService::Stub.new(address, :this_channel_is_insecure, **options)
        @talks = V1::TalkService::Stub.new(address, :this_channel_is_insecure, **options)
        @hearing = hear_signals
      end

      def publish_batches(&next_slice)
        encode = ->(slice) { Wire.publish_request(slice.joined, slice.first_sequence, slice.resent) }
        call(PUBLISH_BATCHES, written("publish", &next_slice), encode, V1::PublishBatchesResponse.method(:decode))
      end

      def follow(requests)
        encode = ->(request) { V1::FollowRequest.encode(V1::FollowRequest.new(**request)) }
        call(FOLLOW, written("follow") { requests.pop }, encode, method(:arrival))
      end

      def consume(requests)
        encode = ->(request) { V1::ConsumeRequest.encode(V1::ConsumeRequest.new(**request)) }
        call(CONSUME, written("consume") { requests.pop }, encode, V1::ConsumeResponse.method(:decode))
      end

      def queue(name, request, timeout: 10.0)
        request = V1.const_get("#{name.capitalize}Request").new(**request, **options_of(request))
        make = -> { @queues.public_send(name, request, deadline: Time.now + timeout, metadata: @metadata, return_op: true) }
        during(make, &:execute)
      end

      def ask(message, answers:, seconds:)
        request = V1::AskRequest.new(message: Wire.to_proto(message), answers: answers, timeout: seconds)
        call = Call.new(self) { @talks.ask(request, deadline: Time.now + seconds + GRACE, metadata: @metadata, return_op: true) }
        Enumerator.new { |yielder| call.each { |response| yielder << response.answer } }
      end

      def redrive(request)
        request = V1::RedriveRequest.new(**request)
        Call.new(self) { @queues.redrive(request, metadata: @metadata, return_op: true) }
      end

      # Ends every call, and the channel with the last of them: gRPC does not bear a channel that goes while calls are on it.
      def close
        operations = @mutex.synchronize do
          next [] if @closed

          @closed = true
          @hearing.kill
          @channel.close if @operations.empty?
          @operations.dup
        end
        operations.each(&:cancel)
      end

      # In a forked child: gRPC's objects are kept, and left alone.
      def abandon = ForkHook.keep(self)

      # Hands the block the operation that `make` makes; until the block ends, `close` can cancel it. Making and closing exclude each
      # other: grpc 1.51 lets go of the interpreter between looking at a channel and making a call on it.
      def during(make)
        guarded do
          operation = @mutex.synchronize do
            raise Unavailable, closed if @closed

            make.call.tap { |made| @operations << made }
          end
          begin
            yield operation
          ensure
            leave(operation)
          end
        end
      end

      # Whether this process, or one that it was forked from, has made a channel.
      def self.used? = @used || false

      def self.used!
        @used = true
      end

      # Where this gRPC can be carried over a fork (1.57 and later, with GRPC_ENABLE_FORK_SUPPORT=1): calls the block, after which no
      # stream may be open, and readies gRPC. True when it did.
      def self.before_fork
        return false unless GRPC.respond_to?(:prefork) && %w[1 true].include?(ENV.fetch("GRPC_ENABLE_FORK_SUPPORT", ""))

        yield
        GRPC.prefork
        true
      end

      def self.after_fork(child:) = child ? GRPC.postfork_child : GRPC.postfork_parent

      FORKED = "this process was forked after its parent had used gRPC, which grpc #{GRPC::VERSION} does not survive: " \
               "connect in the child only (before the parent connects), or start the child with spawn or exec, " \
               "or use grpc >= 1.57 with GRPC_ENABLE_FORK_SUPPORT=1 set".freeze

      private

      # While the main thread waits in a call of gRPC's, Ruby (before 3.3) hears signals only in a thread that has gone to sleep since.
      def hear_signals = Thread.new { loop { sleep 0.5 } }.tap { |thread| thread.name = "berrymq-signals" }

      # Turns what gRPC raises into what berryMQ calls it.
      def guarded
        yield
      rescue GRPC::BadStatus => e
        raise Unavailable, closed if @closed

        raise Status.error(e, @address)
      rescue GRPC::Core::CallError, GRPC::Core::OutOfTime => e
        raise Unavailable, "the call to #{@address} ended: #{e.message}"
      rescue RuntimeError => e
        raise NotSupported, FORKED if e.message.include?("before and after forking")

        raise
      end

      def closed = "the connection to #{@address} was closed"

      def leave(operation)
        @mutex.synchronize do
          @operations.delete(operation)
          @channel.close if @closed && @operations.empty?
        end
      end

      # What the block gives until it gives nil; gRPC's writing thread runs it.
      def written(what)
        Enumerator.new do |yielder|
          Thread.current.name = "berrymq-#{what}-writer"
          while (request = yield)
            yielder << request
          end
        end
      end

      # The bytes of credit are counted as they came, which need not be those that encoding anew would give.
      def arrival(bytes)
        response = V1::FollowResponse.decode(bytes)
        applied = response.applied_revision if response.has_applied_revision?
        Arrival.new(response.batch&.messages || [], Wire.batch_bytes(bytes), applied, response.drain)
      end

      # The options of a queue that is to be made, with the enumerations' names as the contract has them.
      def options_of(request)
        options = request[:queue]
        return {} unless options.is_a?(Hash)

        names = options.slice(*ENUMERATIONS.keys).to_h { |name, value| [name, :"#{ENUMERATIONS[name]}_#{value.upcase}"] }
        { queue: { **options, **names } }
      end

      def call(method, requests, marshal, unmarshal)
        Call.new(self) { @streams.bidi_streamer(method, requests, marshal, unmarshal, return_op: true, metadata: @metadata) }
      end

      # A stream of responses, which begins with `each`.
      class Call
        # The block makes the operation.
        def initialize(transport, &make)
          @transport = transport
          @make = make
          @mutex = Mutex.new
          @cancelled = false
        end

        # Every response; returns when the gateway ends the stream, raises what it ended it with. Leaving the block early ends it.
        def each(&block)
          @transport.during(@make) do |operation|
            begun(operation)
            operation.execute.each(&block)
          ensure
            operation.cancel
          end
        end

        # Ends it now; `each` raises Closed.
        def cancel
          @mutex.synchronize do
            @cancelled = true
            @operation&.cancel
          end
        end

        private

        def begun(operation)
          @mutex.synchronize do
            raise Closed, "the stream was ended before it began" if @cancelled

            @operation = operation
          end
        end
      end
      private_constant :Call, :Status
    end
  end
end
