# frozen_string_literal: true

# Consuming a queue of this process: deliveries as they come, so many at a time.
module BerryMQ
  # What a LocalQueue does for those who consume it.
  module LocalConsuming
    # Yields Deliveries until the queue is closed, or `stopping` answers true; at most `credit` unsettled at a time.
    def consume(credit, auto_ack, stopping = nil)
      held = []
      @mutex.synchronize { @consumers += 1 }
      loop do
        wait_until_fewer(held, credit)
        break if stopping&.call

        delivery = take(1, Float::INFINITY, auto_ack, &stopping).first or break
        held << delivery.lease_id if delivery.lease_id
        yield delivery
      end
    rescue Closed, QueueNotFound
      nil
    ensure
      @mutex.synchronize { @consumers -= 1 }
      held&.each { |lease| give_back(lease) }
    end

    private

    def wait_until_fewer(held, credit)
      @mutex.synchronize do
        loop do
          held.select! { |lease| @leases.held(lease) }
          return if held.size < credit
          raise @ended if @ended

          @changed.wait(@mutex)
        end
      end
    end

    def give_back(lease_id)
      settle(lease_id, :release, nil)
    rescue LeaseLost
      nil
    end
  end
  private_constant :LocalConsuming
end
