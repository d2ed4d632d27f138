# frozen_string_literal: true

# Streams of the contract over HTTP: batches posted one after the other, and server-sent events with updates beside them.
require_relative "events"
require_relative "rpc"

module BerryMQ
  module Transports
    class Http
      # PublishBatches. The next batch goes when the one before is answered, so that what is sent again after a lost connection is known.
      class Publishing
        # Seconds that a gateway may take to keep a batch; beyond it the connection counts as lost.
        PATIENCE = 60
        private_constant :PATIENCE

        def initialize(rpc, &next_slice)
          @rpc = rpc
          @next_slice = next_slice
          @cancelled = false
        end

        def each
          while !@cancelled && (slice = @next_slice.call)
            yield Shapes::Published.from(publish(slice))
          end
          raise Closed, "the stream was ended" if @cancelled
        end

        # A batch under way is cut off by the transport's `close`.
        def cancel
          @cancelled = true
        end

        private

        def publish(slice)
          params = "{\"batch\":{\"messages\":[#{slice.joined.chomp(",")}]},\"first_sequence\":#{slice.first_sequence}," \
                   "\"resent\":#{slice.resent}}"
          @rpc.call("publish_batches", params, timeout: PATIENCE)
        rescue Timeout, Draining => e
          raise Unavailable, e.message
        end
      end

      # Follow or Consume (`kind` is "follow" or "consume"): events that come, and what is said meanwhile.
      class Subscription
        # Seconds without a word: the gateway sends a comment every 15.
        SILENCE = 45
        # What requests say that may be said at once.
        ADDING_UP = %i[credit acknowledge].freeze
        private_constant :SILENCE, :ADDING_UP

        # `path` opens it; `first` (nil = nothing) and what is taken from `requests` is said afterwards. The block makes of an
        # event's name and params what `each` yields, or nil.
        def initialize(rpc, kind, path, first, requests, &read)
          @rpc = rpc
          @kind = kind
          @path = path
          @ahead = first
          @requests = requests
          @read = read
          @mutex = Mutex.new
          @cancelled = false
        end

        def each(&block)
          @rpc.stream { |line| read_events(begun(line), &block) }
        rescue StandardError => e
          raise if e.equal?(@theirs)
          raise Closed, "the stream was ended" if @cancelled

          error = @refused || @rpc.told(e)
          raise error.is_a?(Timeout) ? Unavailable.new(error.message) : error
        ensure
          @requests.close
        end

        def cancel
          @mutex.synchronize do
            @cancelled = true
            @line&.cut
          end
        end

        private

        def begun(line)
          @mutex.synchronize do
            raise Closed, "the stream was ended before it began" if @cancelled

            @line = line
          end
        end

        def read_events(line, &block)
          events = Events.new
          @rpc.get(line, @path, silence: SILENCE) do |chunk|
            events.feed(chunk) do |name, data|
              params = Shapes.object(Shapes.parse(data))
              return params["error"] && raise(Refusals.of_event(params["error"])) if name == "ended"

              take(name, params, &block)
            end
          end
        end

        def take(name, params, &block)
          return write(params["subscription"]) if name == "subscription"

          told = @read.call(name, params)
          hand_over(told, &block) if told
        end

        # What the block raises is its own, and passes.
        def hand_over(told)
          yield told
        rescue StandardError => e
          @theirs = e
          raise
        end

        # Says what there is to say, in order, until there is nothing more. A refusal ends the stream.
        def write(subscription)
          writer = Thread.new do
            while (request = next_request)
              @rpc.call("#{@kind}.update", { subscription: subscription, **request }, timeout: SILENCE)
            end
          rescue Error => e
            @refused = e
            @line.cut
          end
          writer.name = "berrymq-#{@kind}-writer"
        end

        # Everything that waits and may be said at once.
        def next_request
          request = @ahead || @requests.pop
          @ahead = nil
          while adds_up?(request) && !@requests.empty?
            @ahead = @requests.pop
            break unless adds_up?(@ahead)

            request = request.merge(@ahead) { |_, one, other| one + other }
            @ahead = nil
          end
          request
        end

        def adds_up?(request) = request && (request.keys - ADDING_UP).empty?
      end
      private_constant :Publishing, :Subscription
    end
  end
end
