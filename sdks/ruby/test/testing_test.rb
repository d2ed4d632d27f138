# frozen_string_literal: true

# Testing without a server: records, mocks, faults, and what ends with a test.
require "support"
require "berrymq/testing"

class TestingTest < Minitest::Test
  include Support

  TestBus = BerryMQ::Testing::TestBus

  def mq(**options) = @mq ||= TestBus.new(gateway: false, **options)

  def teardown
    @mq&.close
    super
  end

  def failure(&block) = assert_raises(Minitest::Assertion, &block).message

  def test_what_was_published_is_recorded_in_order
    mq.regist_function("calc:add") { |message| message.args.sum }
    mq.talk("calc:add", "calc:sum", 1, 2)
    mq.publish_many([["a:b"], ["a:c", 5]])
    assert_equal ["calc:add", "calc:sum", "a:b", "a:c"], mq.published.map(&:id)
    assert_equal [3], mq.assert_published("calc:sum").first.args
  end

  def test_what_matches_is_returned
    mq.publish("image:added", "a.png", width: 1, height: 2)
    mq.publish("image:added", "b.png", width: 3)
    assert_equal 2, mq.assert_published("image:*").size
    assert_equal ["a.png"], mq.assert_published("image:added", width: 1).map { |message| message.args.first }
    assert_equal 1, mq.assert_published("*:added", "b.png", width: 3).size
    mq.assert_not_published("image:removed")
    mq.assert_not_published("image:added", "c.png")
  end

  def test_what_was_not_published_is_told_with_what_was
    assert_includes failure { mq.assert_published("a:b") }, "nothing at all"
    mq.publish("a:c", 1, level: 3)
    said = failure { mq.assert_published("a:*", 2, level: 4) }
    assert_includes said, "a:*(2, level: 4)"
    assert_includes said, "a:c(1, level: 3)"
    assert_includes failure { mq.assert_not_published("a:c", level: 3) }, "a:c(1, level: 3)"
  end

  def test_what_cannot_be_asked_for_is_refused_and_does_not_pass
    wrong = [-> { mq.assert_not_published("*oor:x") }, -> { mq.assert_published("door*") }]
    wrong.each { |call| assert_raises(BerryMQ::InvalidIdentifier, &call) }
    [nil, "Shop#deliver", :deliver].each { |handler| assert_raises(BerryMQ::InvalidArgument) { mq.mock(handler) } }
  end

  def test_a_handlers_calls_are_recorded
    handler = ->(message) { message.args.first }
    mq.regist_function("a:*", handler)
    mock = mq.mock(handler)
    mock.assert_not_called
    mq.publish("a:b", 1, level: 3)
    assert_equal [[1], true, 1], [mock.calls.first.args, mock.called?, mock.call_count]
    assert_equal "a:b", mock.assert_called_once_with(1, level: 3).id
    assert_includes failure { mock.assert_called_once_with(1) }, "a:b(1, level: 3)"
    assert_includes failure { mock.assert_not_called }, "a:b(1, level: 3)"
    mq.publish("a:c", 2)
    assert_includes failure { mock.assert_called_once_with(2) }, "a:c(2)"
  end

  def test_methods_queues_and_conditions_are_mocked_too
    handler = Class.new { def receive(message) = message.args }.new
    mq.regist_method("a:b", handler.method(:receive))
    durable = mq.regist_function("a:b", queue: "work", &:args)
    both = mq.regist_function(mq.cond("a:b") & mq.cond("a:c")) { |first, second| [first, second] }
    mq.publish("a:b", 1)
    mq.mock(handler.method(:receive)).assert_called_once_with(1)
    mq.mock(handler).assert_called_once_with(1)
    mq.mock(durable).assert_called_once_with(1)
    mq.mock(both).assert_not_called
    mq.publish("a:c", 2)
    assert_equal [[[1], [2]]], mq.mock(both).calls.map { |messages| messages.map(&:args) }
  end

  # What a live follower heard, and a queue handed out, of a hundred messages.
  def story(seed, **faults)
    TestBus.open(seed: seed, gateway: false) do |bus|
      bus.faults(**faults)
      heard = []
      worked = []
      bus.regist_function("a:*") { |message| heard << message.args.first }
      bus.regist_function("a:*", queue: "work") { |message| worked << message.args.first }
      100.times { |number| bus.publish("a:b", number) }
      bus.settle
      [heard, worked]
    end
  end

  def test_faults_stay_within_what_is_promised
    heard, worked = story(1, drop: 0.3, duplicate: 0.3, reorder: 0.3)
    assert_equal heard.sort, heard
    assert_operator heard.size, :<, 100
    assert_equal (0...100).to_a, worked.uniq.sort
    assert_operator worked.size, :>, 100
    refute_equal worked.sort, worked
  end

  def test_faults_come_again_with_their_seed
    faults = { drop: 0.5, duplicate: 0.5 }
    assert_equal story(7, **faults), story(7, **faults)
    refute_equal story(7, **faults), story(8, **faults)
    assert_equal [(0...100).to_a] * 2, story(7)
  end

  def test_reordering_is_seen_when_several_wait
    orders = [3, 3, 4].map do |seed|
      TestBus.open(seed: seed, gateway: false) do |bus|
        queue = bus.queue("a:*")
        bus.faults(reorder: 0.5)
        20.times { |number| bus.publish("a:b", number) }
        queue.get_many(20).map { |message| message.args.first }
      end
    end
    assert_equal orders[0], orders[1]
    refute_equal orders[0], orders[2]
    assert_equal (0...20).to_a, orders[0].sort
    refute_equal (0...20).to_a, orders[0]
  end

  def test_always_means_once_each
    _, worked = story(1, duplicate: 1)
    assert_equal (0...100).flat_map { |number| [number, number] }, worked
    assert_empty story(1, drop: 1).first
    assert_raises(BerryMQ::InvalidArgument) { mq.faults(drop: 2) }
  end

  def test_the_seed_is_random_or_given
    refute_equal mq.seed, TestBus.open(gateway: false, &:seed)
    assert_equal 5, TestBus.open(seed: 5, gateway: false, &:seed)
    assert_includes assert_raises(BerryMQ::InvalidArgument) { TestBus.new(seed: "x") }.message, '"x"'
  end

  def test_an_assertion_that_fails_in_a_handler_fails_the_test
    handling = lambda do |test|
      test.on_error { |*| }
      test.regist_function("order:new", queue: "orders") { |message| assert_equal [2], message.args }
      test.publish("order:new", 1)
      test.settle
    end
    assert_includes failure { TestBus.open(gateway: false, &handling) }, "Expected: [2]"
    TestBus.open(gateway: false) do |test|
      handling.call(test)
      assert_equal 1, test.take_errors.size
    end
    assert_raises(RuntimeError) do
      TestBus.open(gateway: false) do |test|
        handling.call(test)
        raise "of its own"
      end
    end
  end

  def test_what_was_there_before_stays_and_the_rest_ends
    here = bus
    heard = []
    here.regist_function("a:b") { heard << :before }
    queue = here.queue("a:b")
    stream = here.follow("a:b")
    here.publish("a:b", :before)
    TestBus.open(here, gateway: false) do |under_test|
      under_test.regist_function("a:b") { heard << :meanwhile }
      under_test.regist_function("a:b", queue: "work") { 1 }
      under_test.on_error { |*| }
      under_test.set_multiplicity(2)
      assert_predicate queue, :empty?
      4.times { under_test.queue("a:b") }
      under_test.publish("a:b", :meanwhile)
      under_test.settle
      assert_equal 1, queue.qsize
    end
    heard.clear
    assert_equal [2, 1], here.publish("a:b", :after).then { |receipt| [receipt.followers, receipt.queues] }
    assert_equal [:before], heard
    assert_equal %i[before after], queue.get_many(5).map { |message| message.args.first }
    assert_equal :before, stream.next.args.first
  end

  def test_work_that_was_there_before_is_done_in_the_time_of_the_test
    here = bus
    tried = Thread::Queue.new
    here.on_error { |*| }
    here.regist_function("a:b", queue: "work") { |message| raise "no" if tried << message.attempt }
    dead = BerryMQ::Queue.new("a:b", shared: true, name: "work", bus: here).dead
    2.times do
      TestBus.open(here, gateway: false) do |under_test|
        here.publish("a:b")
        under_test.advance(3600)
        assert_equal 10, tried.size
        assert_equal 1, dead.qsize
        tried.clear
      end
      assert_equal 0, dead.qsize
    end
    here.publish("a:b")
    assert_equal 1, tried.pop
  end

  def test_delays_of_before_go_on_in_real_time
    here = bus
    queue = here.queue("a:*")
    [0.1, 60].each { |delay| here.publish(BerryMQ::Message.new("a:b", delay).with(delay: delay)) }
    TestBus.open(here, gateway: false) do |under_test|
      under_test.publish("a:b", 2)
      under_test.advance(3600)
      assert_equal [[2]], queue.get_many(5).map(&:args)
    end
    assert_equal [0.1], queue.get(timeout: 5).args
    assert_equal 1, queue.status.delayed
  end

  def test_diagrams_show_the_places_of_the_test
    mq.regist_function("a:b") { 1 }
    mq.follow("a:*")
    mq.publish("a:b")
    drawn = mq.show_network
    assert_equal 3, drawn.scan(/testing_test\.rb:\d+/).uniq.size
    refute_match(/delegate|test_bus\.rb/, drawn)
  end

  def test_a_bus_is_under_one_test_at_a_time_and_connects_nowhere
    assert_includes assert_raises(BerryMQ::InvalidArgument) { TestBus.new(mq.bus, gateway: false) }.message, "under test already"
    assert_includes assert_raises(BerryMQ::NotSupported) { mq.connect("localhost:7201") }.message, "BERRYMQ_TEST_GATEWAY"
    closed = TestBus.new(gateway: false)
    2.times { closed.close }
    assert_raises(BerryMQ::Closed) { closed.publish("a:b") }
    assert_raises(BerryMQ::InvalidArgument) { TestBus.new(connected) }
  end

  def test_a_test_that_ends_badly_is_not_in_the_way_of_the_next
    test = Class.new(Minitest::Test) { include BerryMQ::Testing::Minitest }.new("test_something")
    test.before_setup
    bus = test.berrymq_bus.bus
    test.berrymq_bus.define_singleton_method(:close) { raise "stuck" }
    assert_equal("stuck", assert_raises(RuntimeError) { test.after_teardown }.message)
    TestBus.open(BerryMQ.default_bus, gateway: false) { |free| free.publish("a:b") }
  ensure
    bus&.close
  end

  def test_classes_and_threads_of_the_bus_end_with_the_test
    before = Thread.list.size
    10.times { story(1, duplicate: 1) }
    eventually { Thread.list.size <= before + 1 }
  end
end
