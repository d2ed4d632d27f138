# frozen_string_literal: true

# One Consume stream, from its opening to its end.
module BerryMQ
  class Consuming
    def initialize(transport, keeper, name, credit, auto_ack)
      @keeper = keeper
      @handing_over = false
      @requests = Thread::Queue.new
      @requests << V1::ConsumeRequest.new(queue: name, credit: credit, auto_ack: auto_ack)
      @call = transport.consume(each_request)
    end

    # Yields Deliveries; giving up the iteration ends the stream, and the gateway releases what is unsettled.
    def each
      @call.each do |response|
        response.deliveries.each do |proto|
          @handing_over = true
          yield @keeper.delivery(proto)
          @handing_over = false
          @requests << V1::ConsumeRequest.new(credit: 1)
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

    private

    def each_request
      Enumerator.new do |yielder|
        Thread.current.name = "berrymq-consume-writer"
        while (request = @requests.pop)
          yielder << request
        end
      end
    end
  end
  private_constant :Consuming
end
