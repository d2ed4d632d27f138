# frozen_string_literal: true

# One switch: the same tests in the process, in virtual time, and at a gateway, in real time. And what Minitest gets.
require "support"
require "berrymq/testing/minitest"

class TestingSwitchTest < Minitest::Test
  include Support

  parallelize_me! # most of them wait for real time

  TestBus = BerryMQ::Testing::TestBus
  SHOP = "#{Support::ROOT}/examples/shop/ruby/shop_test.rb".freeze
  # A case that fails, with what is under test in it.
  FAILING = <<~RUBY
    require "minitest/autorun"
    require "berrymq/testing/minitest"
    class FailingTest < Minitest::Test
      include BerryMQ::Testing::Minitest
      def test_it
        BerryMQ.publish("a:b")
        berrymq_bus.publish("c:d")
        berrymq.assert_published("a:b")
        berrymq_bus.assert_published("a:b")
      end
      def test_that_passes = berrymq.assert_not_published("a:b")
    end
  RUBY

  def self.test_in_both(name, &body)
    define_method("test_#{name}_in_the_process") { TestBus.open(gateway: false) { |mq| instance_exec(mq, &body) } }
    define_method("test_#{name}_at_a_gateway") { TestBus.open(gateway: shared_url) { |mq| instance_exec(mq, &body) } }
  end

  test_in_both("one_body_runs_in_both_times") do |mq|
    name = unique
    mq.on_error { |*| }
    handler = ->(message) { message.attempt > 1 ? mq.publish("#{name}:done", 1) : raise("not yet") }
    mq.regist_function("#{name}:x", handler, queue: "work-#{name}", queue_options: { backoff: [0.1, 0.1] })
    mq.publish("#{name}:x", 7)
    mq.assert_not_published("#{name}:done")
    mq.advance(0.2)
    mq.assert_published("#{name}:done", 1)
    assert_equal [[7], [7]], mq.mock(handler).calls.map(&:args)
    assert_operator mq.now, :>=, 0.2
    queue = mq.queue("#{name}:*", shared: true, name: "more-#{name}")
    assert_nil queue.get(timeout: 0.05)
  end

  def test_its_queues_are_gone_from_the_gateway_afterwards
    name = unique
    TestBus.open(gateway: shared_url) do |mq|
      mq.regist_function("#{name}:x", queue: "work-#{name}") { 1 }
      mq.queue("#{name}:*", shared: true, name: "more-#{name}")
      mq.publish("#{name}:x")
    end
    mq = connected
    %w[work more].each { |kind| assert_raises(BerryMQ::QueueNotFound) { BerryMQ::GatewayQueue.new(mq.link, "#{kind}-#{name}").status } }
  end

  def test_a_bus_is_given_back_unconnected
    here = bus
    heard = []
    here.regist_function("#{unique}:x", queue: "work-#{unique}") { |message| heard << message.args.first }
    TestBus.open(here, gateway: shared_url) do |mq|
      assert_predicate here, :connected?
      here.publish("#{unique}:x", 1)
      mq.advance(0)
      eventually { heard == [1] }
      assert_raises(BerryMQ::NotSupported) { mq.faults(drop: 1) }
    end
    refute_predicate here, :connected?
    here.publish("#{unique}:x", 2)
    eventually { heard == [1, 2] }
  end

  def ruby(*arguments, **environment)
    libraries = %w[lib gen].map { |folder| "-I#{Support::ROOT}/sdks/ruby/#{folder}" }
    IO.popen([environment.transform_keys(&:to_s), RbConfig.ruby, *libraries, *arguments], err: %i[child out], &:read)
  end

  def test_a_test_that_fails_prints_its_seed
    said = ruby("-e", FAILING)
    assert_match(/2 runs, 3 assertions, 1 failures, 0 errors/, said)
    assert_match(/^berryMQ seed: \d+.*FailingTest#test_it/, said)
    assert_equal 1, said.scan("berryMQ seed").size
    assert_match(/seed: 7 \(/, ruby("-e", FAILING, BERRYMQ_TEST_SEED: "7"))
  end

  def test_without_a_framework_it_fails_all_the_same
    said = ruby("-rberrymq/testing", "-e", "BerryMQ::Testing::TestBus.open { |mq| mq.assert_published('a:b') }")
    assert_includes said, "nothing like a:b was published; there was nothing at all (BerryMQ::Testing::AssertionFailed)"
  end

  def test_the_shop_is_tested_in_the_process
    said = ruby(SHOP)
    assert_match(/ 0 failures, 0 errors, 0 skips/, said)
    assert_operator said[/Finished in ([\d.]+)s/, 1].to_f, :<, 3
  end

  def test_the_shop_is_tested_at_a_gateway
    assert_match(/ 0 failures, 0 errors, 1 skips/, ruby(SHOP, BERRYMQ_TEST_GATEWAY: shared_url))
  end
end
