# frozen_string_literal: true

# What queues of this process lose, and that they tell of it at once.
require "support"

class LocalDropTest < Minitest::Test
  include Support

  def drops_of(bus)
    told = Thread::Queue.new
    bus.regist_function("berrymq:drop") { |message| told << message }
    told
  end

  def test_what_expired_is_told_though_nobody_looks
    mq = bus(ident: "me")
    told = drops_of(mq)
    queue = mq.queue("task:*", ttl: 0.05)
    sent = mq.publish("task:a")
    drop = told.pop
    assert_equal({ queue: queue.name, message_id: sent.message_id, identifier: "task:a", sender: "me", reason: "expired" }, drop.kwargs)
    assert_equal [nil, {}, "berrymq:drop"], [drop.sender, drop.attributes, drop.id]
  end

  def test_what_expires_is_told_in_order_and_once
    mq = bus
    told = drops_of(mq)
    queue = mq.queue("task:*")
    [0.3, 0.05, 0.2, 0.1].each { |ttl| mq.publish(BerryMQ::Message.new("task:#{ttl}").with(ttl: ttl, delay: ttl > 0.2 ? 60 : 0)) }
    mq.publish("task:stays")
    assert_equal %w[task:0.05 task:0.1 task:0.2 task:0.3], Array.new(4) { told.pop.kwargs[:identifier] }
    assert_equal ["task:stays"], queue.get_many(9).map(&:id)
    assert_empty told
    assert_equal 0, queue.status.bytes
  end

  def test_what_expired_in_somebodys_hands_is_told_when_it_is_given_back
    mq = bus
    told = drops_of(mq)
    queue = mq.queue("task:*")
    other = mq.queue("other:*")
    mq.publish(BerryMQ::Message.new("task:a").with(ttl: 0.05))
    delivery = queue.get(auto_ack: false)
    mq.publish(BerryMQ::Message.new("other:a").with(ttl: 0.1))
    assert_equal other.name, told.pop.kwargs[:queue]
    assert_equal 1, queue.status.leased
    delivery.release
    assert_equal "task:a", told.pop.kwargs[:identifier]
  end

  def test_the_oldest_that_made_room_are_told_of
    mq = bus
    told = drops_of(mq)
    queue = mq.queue("task:*", max_messages: 2, overflow: "drop_oldest")
    4.times { |number| mq.publish("task:#{number}") }
    assert_equal [%w[task:0 overflow], %w[task:1 overflow]], Array.new(2) { told.pop.kwargs.values_at(:identifier, :reason) }
    assert_equal %w[task:2 task:3], queue.get_many(9).map(&:id)
  end

  def test_what_never_fits_drops_nothing
    mq = bus
    queue = mq.queue("task:*", max_bytes: 2000, overflow: "drop_oldest")
    mq.publish("task:a")
    assert_raises(BerryMQ::QueueFull) { mq.publish("task:b", "x" * 3000) }
    assert_equal ["task:a"], queue.get_many(9).map(&:id)
  end

  def test_dead_letters_that_made_room_are_told_of_too
    mq = bus
    told = drops_of(mq)
    queue = mq.queue("task:*", max_messages: 2)
    3.times do |number|
      mq.publish("task:#{number}")
      queue.get(auto_ack: false).reject("spoilt")
    end
    assert_equal ["#{queue.name}.dead", "task:0", "overflow"], told.pop.kwargs.values_at(:queue, :identifier, :reason)
  end

  def test_a_queue_of_drops_that_drops_tells_nothing_of_itself
    mq = bus
    told = mq.queue("berrymq:drop", name: "told", max_messages: 1, overflow: "drop_oldest", ttl: 0.05)
    kept = mq.queue("task:*", max_messages: 1, overflow: "drop_oldest")
    5.times { mq.publish("task:a") }
    eventually { told.qsize == 1 }
    eventually { told.empty? }
    assert_equal 1, kept.qsize
  end

  def test_a_follower_of_drops_may_do_anything_with_the_queue
    mq = bus
    queue = mq.queue("task:*", max_messages: 1, overflow: "drop_oldest")
    sizes = Thread::Queue.new
    mq.regist_function("berrymq:drop") { sizes << queue.qsize }
    3.times { mq.publish("task:a") }
    assert_equal [1, 1], Array.new(2) { sizes.pop }
  end

  def test_many_that_are_settled_before_they_expire_are_let_go_of
    mq = bus
    queue = mq.queue("task:*", dedupe: 0)
    10_000.times do
      mq.publish(BerryMQ::Message.new("task:a").with(ttl: 600))
      queue.get
    end
    kept = queue.instance_variable_get(:@keeper).instance_variable_get(:@shelf).instance_variable_get(:@expiring)
    assert_operator kept.size, :<=, 4100
  end
end
