# frozen_string_literal: true

# Talks and asks in one process.
require "support"

class TalkTest < Minitest::Test
  include Support

  def test_results_travel_to_the_second_identifier
    mq = bus
    mq.on_error { |*| }
    mq.regist_function("test:process") { 42 }
    mq.regist_function("test:process") { raise ArgumentError, "spoilt" }
    results = mq.follow("test:log_result")
    message_id = mq.talk("test:process", "test:log_result", 1).message_id
    first, second = Array.new(2) { results.next }
    assert_equal [[42], message_id, 1, 2, false, 1], [first.args, *first.answer.to_a, first.hops]
    assert_equal ["ArgumentError", "spoilt"], second.failure.to_a
    assert_predicate second.answer, :failed?
  end

  def test_asking_gives_the_first_answer
    mq = bus
    mq.regist_function("calc:add") { |message| message.args.sum }
    assert_equal 3, mq.ask("calc:add", 1, 2)
    assert_equal 3, mq.within(5).ask("calc:add", 1, 2)
  end

  def test_asking_many_gives_everybodys
    mq = bus
    mq.regist_function("a:b") { 1 }
    mq.regist_function("a:*") { 2 }
    assert_equal [1, 2], mq.ask_many("a:b").to_a
    heard = []
    mq.ask_many("a:b") { |value| heard << value }
    assert_equal [1, 2], heard
  end

  def test_asking_nobody_fails_at_once
    mq = bus
    mq.follow("a:b")
    mq.regist_function("a:b", ->(_) {}, guard: ->(_) { false })
    assert_raises(BerryMQ::NoFollowers) { mq.ask("a:b") }
    assert_raises(BerryMQ::NoFollowers) { mq.ask_many("a:b") }
  end

  def test_a_handler_that_raises_makes_the_ask_fail_with_class_and_text
    mq = bus
    mq.on_error { |*| }
    mq.regist_function("a:b") { raise ArgumentError, "spoilt" }
    error = assert_raises(BerryMQ::HandlerFailed) { mq.ask("a:b") }
    assert_equal ["ArgumentError", "spoilt"], [error.class_name, error.text]
  end

  def test_a_talk_needs_somewhere_to_answer
    assert_raises(BerryMQ::InvalidIdentifier) { bus.talk("a:b", nil) }
  end

  def test_odd_exceptions_travel_as_text
    mq = bus
    mq.on_error { |*| }
    silent = Class.new(StandardError) { define_method(:message) { nil } }
    broken = Class.new(StandardError) { define_method(:message) { raise "no" } }
    mq.regist_function("a:b") { |message| raise message.args.first }
    texts = []
    mq.regist_function("a:failed") { |message| texts << message.failure.text }
    [silent, broken, RuntimeError.new("bad \xFF")].each do |error|
      mq.talk("a:b", "a:failed", error)
      assert_equal texts.last, assert_raises(BerryMQ::HandlerFailed) { mq.ask("a:b", error) }.text
    end
    assert_equal ["", "(asked for its message, it raised RuntimeError)", "bad \uFFFD"], texts
  end

  def test_a_handler_in_the_pool_that_is_too_slow_is_a_timeout
    mq = bus
    mq.set_multiplicity(1)
    gate = Thread::Queue.new
    mq.regist_function("a:b") { gate.pop }
    assert_raises(BerryMQ::Timeout) { mq.within(0.05).ask("a:b") }
    gate << 1
  end

  def test_talks_that_go_in_circles_end
    errors = Thread::Queue.new
    mq = bus
    mq.on_error { |error, *| errors << error }
    mq.regist_function("a:b") { 1 }
    mq.publish(BerryMQ::Message.new("a:b").with(reply_to: "c:d", hops: 100))
    assert_kind_of BerryMQ::HopLimit, errors.pop
  end
end
