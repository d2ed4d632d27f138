# frozen_string_literal: true

# JSON-RPC 2.0 over POST /rpc: calls on as many keep-alive connections as there are calls at a time, and what their answers mean.
require_relative "line"
require_relative "shapes"
require_relative "refusals"

module BerryMQ
  module Transports
    class Http
      # Thread-safe.
      class Rpc
        PATH = "/rpc"
        # What Net::HTTP and its sockets raise.
        FAULTS = [SystemCallError, IOError, SocketError, ::Timeout::Error, Net::ProtocolError, Net::HTTPBadResponse,
                  Net::HTTPHeaderSyntaxError].freeze
        private_constant :PATH, :FAULTS

        # `headers` go with every request.
        def initialize(address, headers)
          @address = address
          @headers = headers
          @mutex = Mutex.new
          @idle = []
          @lines = [] # idle and at work
          @closed = false
        end

        # The result of a method. `params` is a Hash, or its JSON; `timeout` in seconds, nil = as long as it takes. Raises Timeout
        # when no answer came within it.
        def call(method, params, timeout:)
          params = JSON.generate(params) unless params.is_a?(String)
          body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"#{method}\",\"params\":#{params}}"
          response = with_line { |line| post(line, body, timeout) }
          answer = Refusals.read(response, @address)
          raise Refusals.of_rpc(answer["error"]) if answer["error"]

          answer["result"] || {}
        end

        # A line for what goes on for long: it is the block's, which may cut it.
        def stream
          line = taken(Line.to(@address))
          yield line
        ensure
          forget(line) if line
        end

        # What Net::HTTP and its sockets raise, as berryMQ's errors; anything else as it is.
        def told(error)
          case error
          when Net::ReadTimeout then Timeout.new("#{@address} did not answer in time")
          when *FAULTS then Unavailable.new(@closed ? closed : "#{@address}: #{error.message}")
          else error
          end
        end

        # The response to a GET on a line of one's own, as its head came; the block gets each piece of its body. `silence` is how many
        # seconds the gateway may say nothing.
        def get(line, path, silence:, &block)
          line.read_timeout = silence
          line.start unless line.started?
          request = Net::HTTP::Get.new(path, { **@headers, "accept" => "text/event-stream", "accept-encoding" => "identity" })
          line.request(request) do |response|
            raise Refusals.of_http(response, response.read_body, @address) unless response.is_a?(Net::HTTPOK)

            response.read_body(&block)
          end
        end

        # Ends every call, from any thread. Idempotent.
        def close
          lines = @mutex.synchronize do
            @closed = true
            @idle.clear
            @lines.dup
          end
          lines.each(&:cut)
        end

        private

        # A line whose answer did not come, whatever ended the wait for it (a Timeout, the end of a thread), is cut: the gateway then knows
        # that nobody waits.
        def with_line
          line = @mutex.synchronize { @idle.pop } || taken(Line.to(@address))
          answer = yield line
          whole = true
          answer
        rescue StandardError => e
          raise told(e)
        ensure
          whole ? give_back(line) : (forget(line) if line)
        end

        def post(line, body, timeout)
          line.read_timeout = timeout
          line.start unless line.started?
          headers = { **@headers, "content-type" => "application/json", "accept-encoding" => "identity" }
          line.request(Net::HTTP::Post.new(PATH, headers), body)
        end

        def taken(line)
          @mutex.synchronize do
            raise Unavailable, closed if @closed

            @lines << line
          end
          line
        end

        def give_back(line)
          @mutex.synchronize { @closed ? line.cut : @idle << line }
        end

        def forget(line)
          line.cut
          @mutex.synchronize { @lines.delete(line) }
        end

        def closed = "the connection to #{@address} was closed"
      end
      private_constant :Rpc
    end
  end
end
