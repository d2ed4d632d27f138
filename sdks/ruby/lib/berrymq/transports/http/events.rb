# frozen_string_literal: true

# A reader of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as a gateway sends them: lines
# end with LF or CRLF.
module BerryMQ
  module Transports
    class Http
      class Events
        # Bytes of one event: above the largest message, in base64, with its attributes.
        MOST = 16 * 1024 * 1024
        private_constant :MOST

        def initialize
          @rest = String.new(encoding: Encoding::BINARY)
          forget
        end

        # Yields the name and the data (String, UTF-8) of each event that the chunk completes. Raises MessageTooLarge.
        def feed(chunk, &block)
          last = chunk.rindex("\n")
          return keep(chunk) unless last

          complete = keep(chunk.byteslice(0..last))
          @rest = chunk.byteslice(last + 1..)
          complete.each_line("\n", chomp: true) { |line| take(line, &block) }
        end

        private

        def keep(piece)
          @rest << piece
          return @rest if @rest.bytesize + @data.sum(&:bytesize) <= MOST

          raise MessageTooLarge, "an event of more than #{MOST} bytes came; the gateway's limits are larger than this SDK takes"
        end

        def take(line)
          return end_event { |name, data| yield name, data } if line.empty?

          # Ids are for those who resume; comments (an empty field) keep the connection.
          field, value = line.split(":", 2)
          value = value.to_s.delete_prefix(" ")
          case field
          when "event" then @name = value
          when "data" then @data << value
          end
        end

        def end_event
          yield @name, @data.join("\n").force_encoding(Encoding::UTF_8) unless @data.empty?
          forget
        end

        def forget
          @name = "message"
          @data = []
        end
      end
      private_constant :Events
    end
  end
end
