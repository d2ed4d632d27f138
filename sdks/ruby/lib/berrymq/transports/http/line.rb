# frozen_string_literal: true

# One keep-alive HTTP connection to a gateway.
require "net/http"

module BerryMQ
  module Transports
    class Http
      # It goes to the gateway itself, past any proxy of the environment: what is pushed would wait in a proxy's buffer.
      class Line < Net::HTTP
        # Seconds.
        OPEN = 10.0
        # A host that vanished without a word is noticed by the kernel after about so many seconds of silence.
        KEEP_ALIVE = 20
        private_constant :OPEN, :KEEP_ALIVE

        def self.to(address)
          host, port = address.match(/\A\[?(.*?)\]?:(\d+)\z/).captures
          new(host, Integer(port), nil).tap do |line|
            line.open_timeout = OPEN
            line.max_retries = 0 # what was sent may have arrived; sending again is for those who know
          end
        end

        # Ends what it is doing, which raises IOError in the thread that does it. Callable from any thread.
        def cut
          @cut = true
          @socket&.close
        end

        private

        # Net::HTTP connects here, and again when the gateway has closed a connection that was idle.
        def connect
          raise IOError, "the connection was closed" if @cut

          super
          @socket.io.setsockopt(Socket::SOL_SOCKET, Socket::SO_KEEPALIVE, true)
          @socket.io.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_KEEPIDLE, KEEP_ALIVE) if Socket.const_defined?(:TCP_KEEPIDLE)
        end
      end
      private_constant :Line
    end
  end
end
