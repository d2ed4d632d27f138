# frozen_string_literal: true

# One Consume stream, from its opening to its end.
module BerryMQ
  class Consuming
    def initialize(transport, keeper, name, credit, auto_ack)
      @keeper = keeper
      @handing_over = false
      @requests = Thread::Queue.new
      @requests << { queue: name, credit: credit, auto_ack: auto_ack }
      @call = transport.consume(@requests)
    end

    # Yields Deliveries; giving up the iteration ends the stream, and the gateway releases what is unsettled.
    def each
      @call.each do |response|
        response.deliveries.each do |told|
          @handing_over = true
          yield @keeper.delivery(told)
          @handing_over = false
          @requests << { credit: 1 }
        end
        break if response.drain
      end
    ensure
      @requests.close
      @call.cancel
    end

    # True while the consumer's own code runs, or when that ended the iteration.
    def handing_over? = @handing_over

    # Ends it, from any thread; `each` raises Closed.
    def cancel = @call.cancel
  end
  private_constant :Consuming
end
