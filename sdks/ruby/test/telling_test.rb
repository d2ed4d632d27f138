# frozen_string_literal: true

# `auto_twitter` and `twitter_exception`: functions and methods whose calls, or whose exceptions, are told.
require "support"

class TellingTest < Minitest::Test
  include Support

  def told_of(mq, pattern)
    told = []
    mq.regist_function(pattern) { |message| told << [message.action, message.args, message.kwargs] }
    told
  end

  def test_a_functions_calls_are_told_before_and_after_and_its_result_is_kept
    mq = bus
    told = told_of(mq, "calc:*")
    add = mq.auto_twitter("calc") { |left, right, times: 1| (left + right) * times }
    assert_equal 6, add.call(1, 2, times: 2)
    assert_equal [["entry", [1, 2], { times: 2 }], ["exit", [6], {}]], told
  end

  def test_a_flag_or_an_action_tells_one_side_only
    mq = bus
    told = told_of(mq, "calc:*")
    [["calc", { entry: true }], ["calc", { exit: true }], ["calc:entry", {}], ["calc:exit", {}], ["calc:exit", { entry: true }],
     ["calc", { entry: true, exit: true }]].each { |id, flags| mq.auto_twitter(id, ->(n) { n }, **flags).call(1) }
    assert_equal %w[entry exit entry exit exit entry exit], told.map(&:first)
  end

  def test_one_that_raises_tells_no_exit
    mq = bus
    told = told_of(mq, "calc:*")
    assert_raises(ZeroDivisionError) { mq.auto_twitter("calc", ->(n) { 1 / n }).call(0) }
    assert_equal ["entry"], told.map(&:first)
  end

  def test_what_cannot_be_told_goes_to_on_error_and_the_function_goes_on
    mq = bus
    errors = []
    mq.on_error { |error, _, _| errors << error }
    double = mq.auto_twitter("calc", ->(n) { n * 2 })
    mq.close
    assert_equal 4, double.call(2)
    assert_equal [BerryMQ::Closed] * 2, errors.map(&:class)
  end

  def test_exceptions_are_told_as_ruby_prints_them
    mq = bus
    told = told_of(mq, "job:failed")
    assert_nil mq.twitter_exception("job:failed") { raise ArgumentError, "spoilt\nwholly" }.call
    (lines,), kwargs = told.first.drop(1)
    assert_match(/telling_test\.rb:\d+:in .*: spoilt \(ArgumentError\)\z/, lines.first)
    assert_equal %w[ArgumentError] + ["spoilt\nwholly"], kwargs.values_at(:type, :value)
    assert_match(/telling_test\.rb:\d+/, kwargs[:traceback])
  end

  def test_without_a_traceback_there_is_none
    mq = bus
    told = told_of(mq, "job:failed")
    mq.twitter_exception("job:failed", ->(text) { raise text }, with_traceback: false).call("spoilt")
    assert_equal [["failed", [["spoilt (RuntimeError)"]], { type: "RuntimeError", value: "spoilt", traceback: "" }]], told
  end

  def test_an_exception_is_raised_again_when_that_is_asked_for
    mq = bus
    told = told_of(mq, "job:failed")
    assert_raises(RuntimeError) { mq.twitter_exception("job:failed", reraise: true) { raise "spoilt" }.call }
    assert_equal 1, told.size
    assert_equal 3, mq.twitter_exception("job:failed") { 3 }.call
  end

  # A class whose methods are told; the first line is the outermost.
  def told_class(name)
    Class.new do
      include BerryMQ::Follower

      auto_twitter("#{name}-call")
      twitter_exception("#{name}-raised:x")
      def divide(left, right:) = left / right

      auto_twitter("#{name}-call", exit: true)
      def self.build = :built

      following("#{name}-ask:x")
      auto_twitter("#{name}-handled", entry: true)
      def answer(_message, level:) = level

      def secret? = hidden

      private

      auto_twitter("#{name}-hidden")
      def hidden = true
    end
  end

  def test_methods_class_methods_and_private_ones_are_told
    told = []
    following = BerryMQ.following_function("*:*") { |message| told << [message.name.delete_prefix("#{unique}-"), message.action] }
    object = told_class(unique).new
    assert_equal 3, object.divide(6, right: 2)
    assert_nil object.divide(1, right: 0)
    assert_equal :built, object.class.build
    assert_predicate object, :secret?
    assert_raises(NoMethodError) { object.hidden }
    assert_equal [%w[call entry], %w[call exit], %w[call entry], %w[raised x], %w[call exit], %w[call exit], %w[hidden entry],
                  %w[hidden exit]], told
  ensure
    following.unfollow
  end

  def test_a_handler_that_is_told_keeps_its_parameters_and_its_place
    kept = told_class(unique).new
    assert_equal 7, BerryMQ.ask("#{unique}-ask:x", level: 7)
    diagram = BerryMQ.show_network
    assert_match(%r{#answer test/telling_test\.rb:\d+}, diagram)
    assert_equal 1, BerryMQ.unfollow(kept)
  end

  def test_what_is_no_function_is_refused
    mq = bus
    assert_match(/a block/, assert_raises(BerryMQ::InvalidArgument) { mq.auto_twitter("a:b") }.message)
    assert_raises(BerryMQ::InvalidIdentifier) { mq.twitter_exception("te*t:x") { nil } }
  end
end
