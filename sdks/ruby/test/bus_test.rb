# frozen_string_literal: true

# The bus alone, in one process: no server, no port.
require "support"

class BusTest < Minitest::Test
  include Support

  def test_followers_are_called_at_once_in_order_of_registration
    heard = []
    mq = bus
    mq.regist_function("*:log") { heard << 1 }
    mq.following_function("app:*") { heard << 2 }
    mq.regist_function("app:log") { heard << 3 }
    receipt = mq.publish("app:log")
    assert_equal [1, 2, 3], heard
    assert_equal [3, 0], [receipt.followers, receipt.queues]
    assert_same receipt, receipt.wait
  end

  def test_a_guard_that_refuses_skips
    heard = []
    mq = bus
    mq.regist_function("a:b", ->(message) { heard << message.args.first }, guard: ->(message) { message.args.first > 1 })
    assert_equal [0, 1], [1, 2].map { |number| mq.publish("a:b", number).followers }
    assert_equal [2], heard
  end

  def test_a_handler_that_raises_disturbs_nobody
    heard = []
    errors = []
    mq = bus
    mq.on_error { |error, message, handler| errors << [error.message, message.id, handler.source] }
    line = __LINE__ + 1
    mq.regist_function("a:b") { raise "spoilt" }
    mq.regist_function("a:b") { heard << 1 }
    mq.publish("a:b")
    assert_equal [1], heard
    assert_equal "spoilt", errors.dig(0, 0)
    assert_match(/test.bus_test\.rb:#{line}\z/, errors.dig(0, 2))
  end

  def test_what_nobody_catches_is_printed_with_its_place
    mq = bus
    mq.regist_function("a:b") { raise "spoilt" }
    _, printed = capture_io { mq.publish("a:b") }
    assert_match(/bus_test\.rb:\d+, at a:b, met RuntimeError: spoilt/, printed)
  end

  def test_what_has_no_place_is_printed_with_its_name
    mq = bus
    mq.regist_method("a:b", 5.method(:+))
    _, printed = capture_io { mq.publish("a:b") }
    assert_match(/berryMQ: Integer#\+, at a:b, met TypeError/, printed)
  end

  def test_what_is_missing_disturbs_nobody_and_the_end_of_the_program_ends_it
    mq = bus
    mq.on_error { |error, *| @error = error }
    mq.regist_function("a:b") { |message| message.args.first.call }
    assert_equal 1, mq.publish("a:b", -> { require "berrymq/of_tomorrow" }).followers
    assert_instance_of LoadError, @error
    assert_raises(SystemExit) { mq.publish("a:b", -> { exit 3 }) }
  end

  def test_an_assertion_ends_no_thread_of_the_pool
    mq = bus
    mq.on_error { |error, *| @error = error }
    mq.set_multiplicity(1)
    mq.regist_function("a:b") { |message| message.args.first ? flunk("no") : 1 }
    assert_match(/Assertion: no/, assert_raises(BerryMQ::HandlerFailed) { mq.within(10).ask("a:b", true) }.message)
    assert_equal 1, mq.within(10).ask("a:b", false)
  end

  def test_a_handler_in_the_pool_may_ask_from_a_fiber_of_its_own
    mq = bus
    mq.set_multiplicity(1)
    mq.regist_function("a:inner") { 1 }
    mq.regist_function("a:outer") { Fiber.new { mq.within(10).ask("a:inner") }.resume }
    assert_equal 1, mq.within(10).ask("a:outer")
  end

  def test_unfollowing_is_at_once_and_idempotent
    heard = []
    mq = bus
    following = mq.regist_function("a:b") { heard << 1 }
    2.times { following.unfollow }
    assert_equal 0, mq.publish("a:b").followers
    assert_empty heard
    assert_empty mq.show_followers
  end

  def test_twitter_takes_a_trailing_hash_for_kwargs_and_publish_does_not
    mq = bus
    heard = []
    mq.regist_function("a:b") { |message| heard << [message.args, message.kwargs] }
    mq.twitter("a:b", 1, { "level" => 3 })
    mq.publish("a:b", 1, { "level" => 3 })
    assert_equal [[[1], { level: 3 }], [[1, { "level" => 3 }], {}]], heard
  end

  def test_publishing_many_gives_one_receipt
    mq = bus
    heard = []
    mq.regist_function("a:*") { |message| heard << message.args }
    receipt = mq.publish_many([["a:b", 1], BerryMQ::Message.new("a:c", 2)])
    assert_equal [[1], [2]], heard
    assert_equal 2, receipt.followers
  end

  def test_what_is_not_many_messages_is_refused
    { nil => "publish_many(nil)", ["a:b"] => 'came to "a:b"' }.each do |wrong, said|
      assert_includes assert_raises(BerryMQ::InvalidArgument) { bus.publish_many(wrong) }.message, said
    end
  end

  def test_a_signal_handler_is_told_to_publish_in_a_thread
    mq = bus
    told = Thread::Queue.new
    before = trap("USR2") do
      mq.publish("a:b")
    rescue BerryMQ::Error => e
      told << e
    end
    Process.kill("USR2", Process.pid)
    assert_match(/a:b is published inside a signal handler.*Thread\.new/, told.pop.message)
  ensure
    trap("USR2", before || "DEFAULT")
  end

  def test_what_publishing_returns_says_how_it_stands
    assert_match(/#<BerryMQ::Receipt \S+ settled, 0 followers, 0 queues>/, bus.publish("a:b").inspect)
  end

  def test_the_systems_name_and_bad_identifiers_are_refused
    mq = bus
    assert_raises(BerryMQ::ReservedIdentifier) { mq.publish("berrymq:connect") }
    assert_includes assert_raises(BerryMQ::InvalidIdentifier) { mq.publish("te*t:run") }.message, "te*t"
    assert_raises(BerryMQ::InvalidArgument) { mq.publish(BerryMQ::Message.new("a:b"), 1) }
    assert_raises(BerryMQ::InvalidArgument) { mq.regist_function("a:b", 5) }
    assert_raises(BerryMQ::InvalidArgument) { mq.regist_method("a:b", -> {}) }
  end

  def test_what_json_cannot_hold_may_stay_in_the_process
    mq = bus
    heard = nil
    mq.regist_function("a:b") { |message| heard = message.args.first }
    thing = Object.new
    mq.publish("a:b", thing)
    assert_same thing, heard
  end

  def test_a_closed_bus_takes_nothing
    mq = bus
    2.times { mq.close }
    assert_raises(BerryMQ::Closed) { mq.publish("a:b") }
    assert_raises(BerryMQ::Closed) { BerryMQ::Queue.new("a:b", bus: mq) }
  end

  def test_handlers_run_in_a_pool_when_asked_to
    mq = bus
    mq.set_multiplicity(2)
    meeting = Thread::Queue.new
    answers = Thread::Queue.new
    mq.regist_function("first:one") { answers << [meeting.pop, Thread.current.name] }
    mq.regist_function("second:one") { meeting << :met }
    mq.publish("first:one")
    mq.publish("second:one")
    met, name = answers.pop
    assert_equal :met, met
    assert_match(/\Aberrymq-worker-/, name)
    assert_raises(BerryMQ::InvalidArgument) { mq.set_multiplicity(-1) }
  end
end
