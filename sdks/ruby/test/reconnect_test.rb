# frozen_string_literal: true

# Gateways that go away and come back.
require "support"

class ReconnectTest < Minitest::Test
  include Support

  def test_a_killed_gateway_that_comes_back_is_followed_again_and_gets_what_was_held
    gateway = own_gateway
    a, b = Array.new(2) { bus.connect(gateway.url) }
    stream = b.follow("#{unique}:*")
    b.flush
    gateway.stop(:KILL)
    eventually { !a.connected? && !b.connected? }
    receipts = Array.new(3) { |number| a.publish("#{unique}:held", number) }
    own_gateway(port: gateway.port)
    receipts.each { |receipt| receipt.wait(20) }
    b.flush(timeout: 20)
    a.publish("#{unique}:after").wait(10)
    assert_equal "#{unique}:after", eventually { stream.get(timeout: 1)&.id&.then { |id| id.end_with?("after") && id } }
  end

  def test_a_draining_gateway_is_left_without_a_loss
    gateway = own_gateway
    a = bus.connect(gateway.url)
    queue = a.queue("#{unique}:*", shared: true)
    publishing = Thread.new { Array.new(200) { |number| a.publish("#{unique}:x", number) }.each { |receipt| receipt.wait(20) } }
    eventually { queue.qsize.positive? }
    assert_equal 0, gateway.stop(:TERM)
    own_gateway(port: gateway.port)
    assert_equal 200, publishing.value.size
  end

  def test_consuming_goes_on_after_the_gateway_came_back
    gateway = own_gateway
    a = bus.connect(gateway.url)
    queue = a.queue("#{unique}:*", shared: true)
    heard = Thread::Queue.new
    consumer = Thread.new { queue.consume { |delivery| heard << delivery.tap(&:ack).message.args.first } }
    consumer.report_on_exception = false
    a.publish("#{unique}:x", 1).wait(5)
    assert_equal 1, heard.pop
    gateway.stop(:KILL)
    eventually { !a.connected? }
    own_gateway(port: gateway.port)
    # The memory engine forgot the queue; its maker makes it again.
    eventually { a.publish("#{unique}:x", 2).wait(20).queues == 1 }
    assert_equal 2, heard.pop
    queue.delete
    consumer.join(10)
  rescue BerryMQ::QueueNotFound
    pass # what the consumer of a deleted queue is told
  end

  def test_closing_the_bus_ends_a_consumer
    a = connected
    queue = a.queue("#{unique}:*")
    consumer = Thread.new { queue.consume { |delivery| delivery } }
    eventually { queue.status.consumers == 1 }
    a.close
    assert_nil consumer.value
  end

  def test_past_the_bound_publishing_fails_while_away
    gateway = own_gateway
    a = bus.connect(gateway.url, max_held: 5)
    gateway.stop(:KILL)
    eventually { !a.connected? }
    5.times { a.publish("#{unique}:x") }
    assert_raises(BerryMQ::BacklogFull) { a.publish("#{unique}:x") }
    assert_equal ["5 published messages had no answer"], told_at_close(a)
  end

  # How long `close` waits is not what is tested.
  def told_at_close(mq)
    told = []
    mq.on_error { |error, *| told << error.message[/\A.* answer/] }
    before = BerryMQ::Link.__send__(:remove_const, :CLOSING_SECONDS)
    BerryMQ::Link.const_set(:CLOSING_SECONDS, 0.05)
    mq.close
    told
  ensure
    BerryMQ::Link.__send__(:remove_const, :CLOSING_SECONDS)
    BerryMQ::Link.const_set(:CLOSING_SECONDS, before)
  end

  def test_a_queue_get_waits_for_the_gateway_to_come_back
    gateway = own_gateway
    a = bus.connect(gateway.url)
    queue = a.queue("#{unique}:*", shared: true)
    waiting = Thread.new { queue.get(timeout: 20) }
    eventually { waiting.status == "sleep" }
    gateway.stop(:KILL)
    eventually { !a.connected? }
    own_gateway(port: gateway.port)
    eventually { a.connected? }
    # The memory engine forgot the queue; the waiting get makes it again.
    eventually { a.publish("#{unique}:x", 2).wait(20).queues == 1 }
    assert_equal [2], waiting.value.args
  end

  def test_a_queue_that_somebody_deleted_stays_deleted
    a = connected
    b = connected
    queue, other = [a, b].map { |mq| mq.queue("#{unique}:*", shared: true) }
    queue.delete
    assert_raises(BerryMQ::QueueNotFound) { other.qsize }
    assert_equal 0, a.publish("#{unique}:x").wait(5).queues
  end
end
