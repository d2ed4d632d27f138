# frozen_string_literal: true

# Queues in one process. What they share with those at a gateway, the conformance cases prove.
require "support"

class LocalQueueTest < Minitest::Test
  include Support

  def test_it_keeps_what_matches_in_order
    mq = bus
    queue = BerryMQ::Queue.new("task:*", bus: mq)
    assert_equal 1, mq.publish("task:a", 1).queues
    mq.publish("task:b", 2)
    mq.publish("other:b", 3)
    assert_equal 2, queue.qsize
    assert_equal [[1], [2]], queue.get_many(10).map(&:args)
    assert_predicate queue, :empty?
  end

  def test_an_empty_queue_says_so
    queue = bus.queue("task:*")
    assert_nil queue.get(timeout: 0.01)
    assert_raises(BerryMQ::Empty) { queue.get_nowait }
    assert_raises(BerryMQ::Empty) { queue.get(block: false) }
    assert_raises(ThreadError) { queue.get_nowait }
  end

  def test_a_get_that_waits_wakes_up
    mq = bus
    queue = mq.queue("task:*")
    waiting = Thread.new { queue.get.args }
    eventually { waiting.status == "sleep" }
    mq.publish("task:a", 1)
    assert_equal [1], waiting.value
  end

  def test_a_delivery_is_settled_once_and_again_harmlessly
    mq = bus
    queue = mq.queue("task:*")
    mq.publish("task:a")
    delivery = queue.get(auto_ack: false)
    assert_equal [1, 0], [queue.status.leased, queue.qsize]
    2.times { delivery.ack }
    assert_equal 0, queue.status.bytes
  end

  def test_a_lease_that_ran_out_is_lost
    mq = bus
    queue = mq.queue("task:*", lease: 0.05, backoff: [0, 0])
    mq.publish("task:a")
    late = queue.get(auto_ack: false)
    assert_equal 2, queue.get(auto_ack: false, timeout: 5).attempt
    assert_raises(BerryMQ::LeaseLost) { late.ack }
  end

  def test_an_extended_lease_holds
    mq = bus
    queue = mq.queue("task:*", lease: 0.05)
    mq.publish("task:a")
    delivery = queue.get(auto_ack: false)
    delivery.extend(60)
    assert_operator delivery.deadline, :>, Time.now + 50
    assert_nil queue.get(timeout: 0.1)
    delivery.ack
  end

  def test_given_up_messages_are_kept_with_why_where_and_when
    mq = bus
    queue = mq.queue("task:*", name: "tasks", max_attempts: 1)
    mq.publish("task:a", 1)
    queue.get(auto_ack: false).retry(delay: 0)
    dead = queue.dead.get_nowait
    assert_equal [[1], "tasks", "1"], [dead.args, *dead.attributes.values_at("berrymq-dead-queue", "berrymq-dead-attempts")]
    assert_match(/\Aretried/, dead.attributes["berrymq-dead-reason"])
  end

  def test_what_is_no_name_and_no_time_is_refused
    mq = bus
    ["", true, mq.queue("a:x")].each do |name|
      error = assert_raises(BerryMQ::InvalidArgument) { mq.regist_function("a:b", queue: name) { |_| } }
      assert_includes error.message, name.inspect
    end
    assert_raises(BerryMQ::InvalidArgument) { mq.regist_function("a:b", queue: "q", queue_options: 3) { |_| } }
    assert_raises(BerryMQ::InvalidArgument) { mq.follow }
    queue = mq.queue("a:b", name: :tasks)
    mq.publish("a:b")
    delivery = queue.get(auto_ack: false)
    assert_raises(BerryMQ::InvalidArgument) { delivery.retry(delay: -1) }
    assert_raises(BerryMQ::InvalidArgument) { delivery.extend("long") }
    assert_match(/\A#<BerryMQ::Delivery a:b \S+ attempt 1>/, delivery.inspect)
    assert_equal "tasks", queue.name
  end

  def test_a_full_queue_refuses_and_what_it_refuses_reaches_nobody
    mq = bus
    heard = []
    mq.regist_function("task:*") { heard << 1 }
    roomy = mq.queue("*:a")
    full = mq.queue("task:*", max_messages: 1)
    mq.publish("task:a")
    calls = { publish: ["task:a"], talk: %w[task:a x:y], ask: ["task:a"], publish_many: [[["x:y"], ["task:a"]]] }
    calls.each { |name, args| assert_raises(BerryMQ::QueueFull, name) { mq.public_send(name, *args) } }
    assert_equal [[1], 1, 1], [heard, roomy.size, full.size]
  end

  def test_what_another_process_published_to_a_full_queue_is_told_and_reaches_the_others
    mq = bus
    errors = []
    mq.on_error { |error, message, _| errors << [error.class, message.id] }
    full = mq.queue("task:*", max_messages: 1)
    heard = []
    mq.regist_function("task:*") { |message| heard << message.id }
    %w[task:a task:b].each { |identifier| mq.receive(BerryMQ::Message.new(identifier)) }
    assert_equal [1, %w[task:a task:b], [[BerryMQ::QueueFull, "task:b"]]], [full.size, heard, errors]
  end

  def test_consuming_hands_over_and_gives_back_what_is_unsettled
    mq = bus
    queue = mq.queue("task:*")
    3.times { |number| mq.publish("task:a", number) }
    queue.consume do |delivery|
      break if delivery.message.args == [1]

      delivery.ack
    end
    assert_equal [[1], [2]], queue.peek(max: 5).map(&:args)
  end

  def test_a_queue_that_nobody_holds_any_more_keeps_nothing
    mq = bus
    200.times { mq.queue("task:*") }
    eventually { GC.start || mq.publish("task:a").queues < 200 }
  end

  def test_what_it_does_not_take_is_named
    mq = bus
    { overflow: "explode", lease: -1, max_messages: 0, backoff: 3, colour: 1 }.each do |option, value|
      assert_includes assert_raises(BerryMQ::InvalidArgument) { mq.queue("a:b", option => value) }.message, option.to_s
    end
  end

  def test_a_closed_queue_ends_those_who_wait
    queue = bus.queue("task:*")
    waiting = Thread.new { assert_raises(BerryMQ::Closed) { queue.get } }
    eventually { waiting.status == "sleep" }
    queue.close
    waiting.value
  end

  def test_the_higher_priority_goes_first_and_each_in_order
    mq = bus
    queue = mq.queue("task:*")
    [0, 9, 5, 9, 0].each_with_index { |priority, number| mq.publish(BerryMQ::Message.new("task:a", number).with(priority: priority)) }
    assert_equal [1, 3, 2, 0, 4], queue.peek(max: 9).map { |message| message.args.first }
    queue.get(auto_ack: false).release
    assert_equal [1, 3, 2, 0, 4], queue.get_many(9).map { |message| message.args.first }
  end

  def test_what_is_delayed_can_be_had_later
    mq = bus
    queue = mq.queue("task:*")
    mq.publish(BerryMQ::Message.new("task:a", 1).with(delay: 0.05))
    assert_equal [0, 1], [queue.qsize, queue.status.delayed]
    assert_equal [1], queue.get(timeout: 5).args
    late = mq.queue("late:*", delay: 60)
    mq.publish("late:a")
    assert_equal [0, 1], [late.qsize, late.status.delayed]
  end

  def test_what_expired_is_not_handed_out
    mq = bus
    queue = mq.queue("task:*", ttl: 0.02)
    mq.publish(BerryMQ::Message.new("task:a").with(priority: 3))
    eventually { queue.status.bytes.zero? && queue.empty? }
    patient = mq.queue("other:*")
    2.times { |number| mq.publish(number.zero? ? "other:a" : BerryMQ::Message.new("other:a").with(ttl: -1)) }
    assert_equal 1, patient.get_many(5).size
  end

  def test_the_same_id_is_kept_once_unless_ids_are_not_compared
    mq = bus
    queue = mq.queue("task:*")
    double = mq.queue("task:*", dedupe: 0)
    message = BerryMQ::Message.new("task:a")
    2.times { mq.publish(message) }
    assert_equal [1, 2], [queue.qsize, double.qsize]
  end

  def test_dead_letters_go_back_to_where_they_came_from
    mq = bus
    queue = mq.queue("task:*")
    3.times { |number| mq.publish("task:a", number) }
    queue.get_many(3, auto_ack: false).each { |delivery| delivery.reject("spoilt") }
    assert_equal [3, 0], [queue.dead.qsize, queue.qsize]
    assert_equal 2, queue.dead.redrive(max: 2, rate: 1000)
    assert_equal [[0], [1]], queue.get_many(9).map(&:args)
    assert_includes assert_raises(BerryMQ::InvalidArgument) { queue.redrive }.message, ".dead"
  end

  def test_a_broadcast_needs_a_gateway
    assert_raises(BerryMQ::NotSupported) { bus.queue("a:*", policy: "broadcast") }
  end

  def test_the_attempt_is_told_by_the_message
    mq = bus
    queue = mq.queue("task:*", backoff: [0, 0])
    mq.publish("task:a")
    queue.get(auto_ack: false).retry
    assert_equal 2, queue.get.attempt
  end
end
