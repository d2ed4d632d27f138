# frozen_string_literal: true

# Virtual time: what falls due falls due at once, in order, and nothing sleeps.
require "support"
require "berrymq/testing"
require "time"

class TestingTimeTest < Minitest::Test
  include Support

  def mq = @mq ||= BerryMQ::Testing::TestBus.new(gateway: false)

  def teardown
    @mq&.close
    super
  end

  # Real seconds that the block takes.
  def real
    began = BerryMQ::Clock.now
    yield
    BerryMQ::Clock.now - began
  end

  def test_time_stands_still_until_it_is_moved
    published = mq.publish("a:b") && mq.published.first.published_at
    assert_equal 0, mq.now
    mq.advance(3600)
    mq.publish("a:b")
    assert_equal [3600, 3600], [mq.now, mq.published.last.published_at - published]
  end

  def test_a_lease_ends
    queue = mq.queue("task:*", backoff: [0, 0])
    mq.publish("task:a")
    delivery = queue.get(auto_ack: false)
    assert_equal 30, delivery.deadline - mq.published.first.published_at
    mq.advance(29.9)
    assert_predicate queue, :empty?
    mq.advance(0.1)
    assert_equal 2, queue.get(auto_ack: false).attempt
    assert_raises(BerryMQ::LeaseLost) { delivery.ack }
  end

  def test_a_get_moves_time_to_what_is_due_next_and_to_its_own_end_at_most
    queue = mq.queue("task:*")
    assert_nil queue.get(timeout: 5)
    assert_equal 5, mq.now
    mq.publish(BerryMQ::Message.new("task:a", 1).with(delay: 60))
    assert_equal [1], queue.get.args
    assert_equal 65, mq.now
    assert_operator(real { assert_nil queue.get(timeout: 3000) }, :<, 2)
  end

  def test_what_expires_is_dropped_and_told
    dropped = mq.follow("berrymq:drop")
    queue = mq.queue("task:*", ttl: 60)
    mq.publish("task:a")
    mq.publish(BerryMQ::Message.new("task:b").with(ttl: 10))
    mq.advance(10)
    assert_equal "task:b", dropped.get(timeout: 0).kwargs[:identifier]
    assert_equal 1, queue.qsize
    mq.advance(50)
    assert_equal "task:a", dropped.get(timeout: 0).kwargs[:identifier]
    assert_predicate queue, :empty?
  end

  def test_retries_back_off_up_to_the_dead_letters_of_which_who_asked_is_told
    tried = []
    mq.on_error { |*| }
    mq.regist_function("task:*", queue: "tasks", queue_options: { backoff: [1, 300], max_attempts: 4 }) do
      tried << mq.now
      raise "not yet"
    end
    queue = mq.queue("task:*", shared: true, name: "tasks", backoff: [1, 300], max_attempts: 4)
    mq.talk("task:a", "done:x")
    mq.advance(6)
    mq.assert_not_published("done:x")
    mq.advance(3600)
    assert_equal [0, 1, 3, 7], tried
    assert_equal [["RuntimeError", "not yet"]], mq.assert_published("done:x").map { |answer| answer.failure.to_a }
    letter = queue.dead.get_nowait
    assert_match(/retried/, letter.attributes["berrymq-dead-reason"])
    assert_equal 7, (Time.iso8601(letter.attributes["berrymq-dead-at"]) - mq.published.first.published_at).round
  end

  def test_an_hour_of_retries_takes_milliseconds
    tried = 0
    mq.on_error { |*| }
    mq.regist_function("task:*", queue: "tasks", queue_options: { backoff: [10, 10], max_attempts: 1000 }) do
      tried += 1
      raise "not yet"
    end
    mq.publish("task:a")
    assert_operator(real { mq.advance(3600) }, :<, 3)
    assert_equal 361, tried
  end

  def test_leases_that_nobody_looks_at_end_in_order
    queue = mq.queue("task:*", max_attempts: 1, lease: 5)
    2.times { |number| mq.publish("task:a", number) }
    queue.get(auto_ack: false)
    mq.advance(1)
    queue.get(auto_ack: false)
    mq.advance(100)
    letters = queue.dead.get_many(5)
    assert_equal [[0], [1]], letters.map(&:args)
    at = letters.map { |letter| Time.iso8601(letter.attributes["berrymq-dead-at"]) }
    assert_in_delta 1, at[1] - at[0], 0.01
  end

  def test_a_handler_that_takes_long_keeps_its_lease
    lost = nil
    mq.regist_function("task:*", queue: "tasks") do |message|
      mq.advance(100)
      lost = message.lease_lost?
    end
    mq.publish("task:a")
    mq.settle
    assert_equal [100, false], [mq.now, lost]
    assert_predicate mq.queue("task:*", shared: true, name: "tasks"), :empty?
  end

  def test_an_ask_times_out_at_once
    mq.set_multiplicity(1)
    replies = mq.queue("reply:*")
    mq.regist_function("a:b") { replies.get(timeout: 3600) }
    assert_operator(real { assert_raises(BerryMQ::Timeout) { mq.ask("a:b") } }, :<, 2)
    assert_equal 30, mq.now
    mq.advance(3600)
  end

  def test_a_pipeline_ends_at_its_deadline
    mq.regist_function("a:b", queue: "slow") { mq.advance(20) }
    mq.regist_function("errors:*") { |message| message }
    assert_raises(BerryMQ::Timeout) { mq.pipeline("a:b", "c:d", deadline: 10, errors: "errors:x").ask }
    mq.settle
    assert_equal "Timeout", mq.assert_published("errors:x").first.failure.class_name
  end

  def test_several_handlers_at_a_time_are_waited_for
    done = Thread::Queue.new
    mq.regist_function("task:*", queue: "tasks", concurrency: 3) { |message| done << message.args.first }
    30.times { |number| mq.publish("task:a", number) }
    mq.settle
    assert_equal (0...30).to_a, Array.new(done.size) { done.pop }.sort
  end

  def test_handlers_of_the_pool_are_waited_for
    mq.set_multiplicity(3)
    done = Thread::Queue.new
    mq.regist_function("task:*") { |message| done << message.args.first }
    30.times { |number| mq.publish("task:a", number) }
    mq.settle
    assert_equal 30, done.size
  end

  def test_what_waits_for_a_thread_past_its_deadline_is_not_handled
    mq.set_multiplicity(1)
    handled = []
    replies = mq.queue("reply:*")
    mq.regist_function("slow:x") { replies.get(timeout: 20) }
    mq.regist_function("a:b") { handled << mq.now }
    mq.regist_function("errors:x") { |message| message }
    mq.publish("slow:x")
    mq.pipeline("a:b", "c:d", deadline: 10, errors: "errors:x").talk
    mq.advance(30)
    assert_empty handled
    assert_equal "Timeout", mq.assert_published("errors:x").first.failure.class_name
  end

  def test_other_threads_wait_in_the_time_of_the_test
    queue = mq.queue("task:*")
    other = Thread.new { [queue.get(timeout: 60), mq.now] }
    eventually { other.status == "sleep" }
    mq.advance(59)
    assert_predicate other, :alive?
    mq.advance(1)
    assert_equal [nil, 60], other.value
  end

  def test_a_stream_waits_in_virtual_time
    stream = mq.follow("a:b")
    assert_nil stream.get(timeout: 600)
    assert_equal 600, mq.now
    mq.publish("a:b", 1)
    assert_equal [1], stream.next.args
  end

  def test_ids_are_forgotten_after_the_window
    queue = mq.queue("task:*", dedupe: 120)
    message = BerryMQ::Message.new("task:a")
    2.times { mq.publish(message) }
    mq.advance(120)
    mq.publish(message)
    assert_equal 2, queue.qsize
  end

  def test_dead_letters_go_back_at_their_rate
    queue = mq.queue("task:*")
    3.times { mq.publish("task:a") }
    queue.get_many(3, auto_ack: false).each(&:reject)
    queue.dead.redrive(rate: 1)
    assert_equal [2, 3], [mq.now, queue.qsize]
  end

  def test_a_handler_that_never_ends_is_named
    gate = Thread::Queue.new
    mq.regist_function("task:*", queue: "tasks") { gate.pop }
    mq.publish("task:a")
    error = with_patience(0.05) { assert_raises(BerryMQ::Timeout) { mq.advance(1) } }
    assert_match(/testing_time_test\.rb:\d+\) is at work since/, error.message)
    gate << true
    mq.advance(1)
    assert_equal 1, mq.now
  end

  def test_waiting_for_what_never_comes_is_told
    waits = [-> { mq.queue("task:*").get }, -> { mq.follow("task:*").next }]
    waits.each do |wait|
      error = with_patience(0.05) { assert_raises(BerryMQ::Timeout, &wait) }
      assert_match(/nothing is due any more/, error.message)
    end
  end

  def with_patience(seconds)
    before = BerryMQ::Testing::VirtualTime::PATIENCE
    BerryMQ::Testing::VirtualTime.__send__(:remove_const, :PATIENCE)
    BerryMQ::Testing::VirtualTime.const_set(:PATIENCE, seconds)
    yield
  ensure
    BerryMQ::Testing::VirtualTime.__send__(:remove_const, :PATIENCE)
    BerryMQ::Testing::VirtualTime.const_set(:PATIENCE, before)
  end

  def test_time_takes_no_nonsense
    ended = BerryMQ::Testing::TestBus.open.tap(&:close)
    assert_raises(BerryMQ::Closed) { ended.advance(1) }
    [-1, "1", Float::NAN].each { |seconds| assert_raises(BerryMQ::InvalidArgument) { mq.advance(seconds) } }
  end
end
