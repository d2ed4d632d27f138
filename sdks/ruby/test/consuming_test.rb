# frozen_string_literal: true

# Settling on the stream that brought a delivery.
require "support"
require "berrymq/gateway_queue"

class ConsumingTest < Minitest::Test
  include Support

  def requests(...) = BerryMQ.const_get(:ConsumeRequests).new(...)

  def test_verdicts_that_are_ready_together_travel_together
    said = requests({ queue: "q", credit: 3 })
    1002.times { |number| said.settle({ lease_id: number.to_s, ack: {} }, 1) }
    said.grant(5)
    refute_empty said
    assert_equal({ queue: "q", credit: 3 }, said.pop)
    assert_equal [[1000, 1000], [2, 7]], Array.new(2) { said.pop.then { |request| [request[:settlements].size, request[:credit]] } }
    said.settle({ lease_id: "last", ack: {} }, 0)
    said.close
    assert_equal({ settlements: [{ lease_id: "last", ack: {} }], credit: 0 }, said.pop)
    assert_nil said.pop
  end

  def filled(bus, count, **options)
    bus.queue("#{unique}:*", shared: true, name: unique, **options).tap do
      bus.publish_many(Array.new(count) { |number| ["#{unique}:x", number] }).wait(10)
    end
  end

  def test_every_verdict_is_answered_and_gives_its_credit_back
    queue = filled(connected, 50)
    seen = queue.consume(credit: 2).lazy.map { |delivery| delivery.tap(&:ack).message.args.first }.first(50)
    assert_equal (0...50).to_a, seen
    assert_equal [0, 0], queue.status.then { |status| [status.ready, status.leased] }
  end

  def test_what_is_refused_is_raised
    queue = filled(connected, 1, lease: 0.1, backoff: [0, 0])
    deliveries = queue.consume.each
    late = deliveries.next
    assert_equal 2, deliveries.next.tap(&:ack).attempt
    assert_raises(BerryMQ::LeaseLost) { late.ack }
  end

  def test_what_is_settled_after_the_stream_is_lost
    gateway = own_gateway
    queue = filled(bus.connect(gateway.url), 1)
    queue.consume do |delivery|
      gateway.stop(:KILL)
      assert_raises(BerryMQ::LeaseLost) { delivery.ack }
      break
    end
  end

  def test_a_stream_that_is_lost_takes_the_lease_of_a_running_handler
    gateway = own_gateway
    mq = bus.connect(gateway.url)
    mq.on_error { |error, *| flunk error.full_message }
    filled(mq, 1)
    lost = Thread::Queue.new
    mq.regist_function("#{unique}:*", queue: unique) do |message|
      gateway.stop(:KILL)
      lost << eventually { message.lease_lost? }
    end
    assert lost.pop
  end

  def test_what_was_handled_is_settled_when_the_bus_is_closed
    mq = connected
    queue = filled(connected, 200)
    heard = Thread::Queue.new
    mq.regist_function("#{unique}:*", queue: unique, concurrency: 8) { |message| heard << message }
    eventually { heard.size == 200 }
    mq.close
    assert_equal [0, 0], queue.status.then { |status| [status.ready, status.leased] }
  end
end
