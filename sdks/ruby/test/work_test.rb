# frozen_string_literal: true

# Durable following: handlers fed from queues, here and at a gateway.
require "support"
require "tmpdir"

class WorkTest < Minitest::Test
  include Support

  # Every behaviour in a bus alone, and over a gateway.
  def self.test_in_both(name, &body)
    define_method("test_#{name}_in_the_process") { instance_exec(bus, &body) }
    define_method("test_#{name}_at_a_gateway") { instance_exec(connected, &body) }
  end

  def work(bus, **options, &handler)
    options = { queue: "work-#{unique}", **options }
    bus.regist_function("#{unique}:*", **options, &handler)
  end

  def queue_of(bus, **options) = bus.queue("#{unique}:*", shared: true, name: "work-#{unique}", **options)

  test_in_both("what_returns_is_acknowledged") do |mq|
    heard = Thread::Queue.new
    work(mq) { |message| heard << message.args.first }
    3.times { |number| mq.publish("#{unique}:x", number) }
    assert_equal [0, 1, 2], Array.new(3) { heard.pop }
    status = queue_of(mq)
    eventually { status.status.then { |now| (now.ready + now.leased + now.delayed).zero? } }
  end

  test_in_both("what_raises_comes_again_and_is_told") do |mq|
    told = Thread::Queue.new
    mq.on_error { |error, message, _| told << [error.message, message.attempt] }
    attempts = Thread::Queue.new
    work(mq, queue_options: { backoff: [0.01, 0.01] }) do |message|
      attempts << message.attempt
      raise "not yet" if message.attempt < 3
    end
    mq.publish("#{unique}:x")
    assert_equal [1, 2, 3], Array.new(3) { attempts.pop }
    assert_equal [["not yet", 1], ["not yet", 2]], Array.new(2) { told.pop }
  end

  def test_an_assertion_in_a_handler_does_not_end_its_work
    mq = bus
    mq.on_error { |*| }
    attempts = Thread::Queue.new
    work(mq, queue_options: { backoff: [0.01, 0.01] }) do |message|
      attempts << message.attempt
      flunk "not yet" if message.attempt == 1
    end
    mq.publish("#{unique}:x")
    assert_equal [1, 2], Array.new(2) { attempts.pop }
  end

  test_in_both("verdicts_say_otherwise") do |mq|
    mq.on_error { |error, *| flunk error.message }
    heard = Thread::Queue.new
    work(mq) do |message|
      heard << [message.args.first, message.attempt]
      case message.args.first
      when "retry" then raise BerryMQ::Retry, 0.01 if message.attempt == 1
      when "reject" then raise BerryMQ::Reject, "spoilt"
      when "release" then raise BerryMQ::Release if heard.size < 5
      end
    end
    mq.publish("#{unique}:x", "retry").wait
    assert_equal [["retry", 1], ["retry", 2]], Array.new(2) { heard.pop }
    mq.publish("#{unique}:x", "reject").wait
    assert_equal ["reject", 1], heard.pop
    dead = queue_of(mq).dead
    letter = eventually { dead.get(timeout: 1) }
    assert_equal "spoilt", letter.attributes["berrymq-dead-reason"]
    mq.publish("#{unique}:x", "release").wait
    assert_equal [["release", 1]] * 3, Array.new(3) { heard.pop }
  end

  test_in_both("a_lease_is_extended_while_the_handler_runs") do |mq|
    calls = Thread::Queue.new
    work(mq, queue_options: { lease: 0.3 }) do |message|
      calls << message.attempt
      deadline = BerryMQ::Clock.now + 1
      eventually { BerryMQ::Clock.past?(deadline) }
      calls << message.lease_lost?
    end
    mq.publish("#{unique}:x")
    assert_equal [1, false], Array.new(2) { calls.pop }
    status = queue_of(mq, lease: 0.3)
    eventually { status.status.then { |now| (now.ready + now.leased + now.delayed).zero? } }
  end

  test_in_both("no_more_messages_at_a_time_than_asked_for") do |mq|
    running = Thread::Queue.new
    go = Thread::Queue.new
    work(mq, concurrency: 3) { |message| go.pop if running << message }
    5.times { mq.publish("#{unique}:x").wait }
    eventually { running.size == 3 }
    status = queue_of(mq)
    assert_equal [3, 2], status.status.then { |now| [now.leased, now.ready] }
    5.times { go << true }
    eventually { running.size == 5 && status.status.leased.zero? }
  end

  test_in_both("unfollowing_leaves_the_rest_in_the_queue") do |mq|
    heard = Thread::Queue.new
    following = work(mq) { |message| heard << message }
    mq.publish("#{unique}:x").wait
    heard.pop
    following.unfollow
    mq.publish("#{unique}:x").wait
    assert_equal 1, queue_of(mq).qsize
    assert_empty heard
  end

  test_in_both("what_returns_answers_a_talk") do |mq|
    answers = mq.follow("#{unique}.answers:x")
    mq.flush
    work(mq) { |message| message.args.sum }
    mq.talk("#{unique}:x", "#{unique}.answers:x", 40, 2)
    assert_equal 42, answers.get(timeout: 5).args.first
  end

  FAILURES = {
    "raise" => ["KeyError", "no 2"], "retry" => ["Retry", "wanted the message again after 0 s"], "reject" => %w[Reject spoilt]
  }.freeze

  test_in_both("who_asked_hears_of_the_last_failure_and_of_what_is_rejected") do |mq|
    told = Thread::Queue.new
    mq.on_error { |error, *| told << error.message }
    attempts = 0
    work(mq, queue_options: { backoff: [0, 0], max_attempts: 2 }) do |message|
      case message.args.first
      when "raise" then raise KeyError, "no #{attempts += 1}"
      when "retry" then raise BerryMQ::Retry, 0
      when "reject" then raise BerryMQ::Reject, "spoilt"
      end
    end
    answers = mq.follow("#{unique}.answers:x")
    mq.flush
    FAILURES.each do |what, failure|
      sent = mq.talk("#{unique}:x", "#{unique}.answers:x", what)
      answer = answers.get(timeout: 5)
      assert_equal failure, answer.failure.to_a
      assert_equal [sent.message_id, 1, 1, true], answer.answer.to_h.values_at(:to, :number, :of, :failed)
    end
    mq.pipeline("#{unique}:p", "#{unique}:q", "#{unique}.answers:x").talk("raise")
    failed = answers.get(timeout: 5)
    assert_equal ["KeyError", "no 4", "#{unique}:p"], [*failed.failure, failed.attributes["berrymq-at"]]
    error = assert_raises(BerryMQ::HandlerFailed) { mq.pipeline("#{unique}:p", "#{unique}:q").ask("raise") }
    assert_equal "no 6", error.text
    assert_equal (1..6).map { |number| "no #{number}" }, Array.new(6) { told.pop }
    assert_empty told
  end

  def test_a_lost_lease_is_told_and_nothing_is_settled
    mq = connected
    mq.on_error { |*| }
    queue = queue_of(mq, lease: 0.2)
    lost = Thread::Queue.new
    work(mq, queue_options: { lease: 0.2 }) { |message| lost << eventually { message.lease_lost? } }
    mq.publish("#{unique}:x").wait
    eventually { queue.status.leased == 1 }
    queue.delete
    assert lost.pop
  end

  def test_work_goes_on_at_the_gateway_once_the_bus_connects
    mq = bus
    heard = Thread::Queue.new
    work(mq) { |message| heard << message.args.first }
    mq.publish("#{unique}:x", "here")
    mq.connect(Support::Gateway.shared.url)
    assert_equal 1, connected.publish("#{unique}:x", "there").wait(5).queues
    assert_equal %w[here there], Array.new(2) { heard.pop }
  end

  def test_a_class_works_a_queue
    name = unique
    heard = Thread::Queue.new
    worker = Class.new do
      include BerryMQ::Follower

      following("#{name}:*", queue: "work-#{name}")
      define_method(:make) { |message| heard << message.args.first }
    end
    kept = worker.new
    BerryMQ.publish("#{name}:x", 7)
    assert_equal 7, heard.pop
    assert kept
    assert_raises(BerryMQ::InvalidArgument) { Class.new { include BerryMQ::Follower }.following("a:b", colour: 1) }
  end

  def test_what_was_published_before_a_kill_is_worked_on_after_it
    Dir.mktmpdir do |data|
      gateway = own_gateway(data: data)
      a = bus.connect(gateway.url)
      queue_of(a)
      a.publish_many(Array.new(50) { |number| ["#{unique}:x", number] }).wait(10)
      gateway.stop(:KILL)
      held = a.publish("#{unique}:x", 50)
      own_gateway(port: gateway.port, data: data)
      held.wait(20)
      heard = Thread::Queue.new
      work(a) { |message| heard << message.args.first }
      assert_equal (0..50).to_a, Array.new(51) { heard.pop }
      a.close
    end
  end

  test_in_both("a_queue_of_others_is_taken_as_it_is_unless_it_keeps_nothing_of_the_pattern") do |mq|
    work(mq) { 1 }
    mq.regist_function("#{unique}:x", queue: "work-#{unique}") { 1 }
    error = assert_raises(BerryMQ::QueueExists) { mq.regist_function("other#{unique}:x", queue: "work-#{unique}") { 1 } }
    assert_includes error.message, "other#{unique}:x asked"
  end

  def test_options_without_a_queue_are_refused
    assert_raises(BerryMQ::InvalidArgument) { bus.regist_function("a:b", concurrency: 2) { 1 } }
    assert_raises(BerryMQ::InvalidArgument) { bus.regist_function("a:b", queue: "q", concurrency: 0) { 1 } }
    assert_raises(BerryMQ::InvalidArgument) { bus.regist_function("a:b", queue: "q", queue_options: { colour: 1 }) { 1 } }
  end
end
