# frozen_string_literal: true

# Conditions: handlers that wait for several messages.
require "support"

class ConditionTest < Minitest::Test
  include Support

  # A handler of the condition; what it is called with goes to the Array.
  def heard_by(mq, condition)
    heard = []
    mq.regist_function(condition) { |*messages| heard << messages.map { |message| [message.action, message.args.first] } }
    heard
  end

  def test_the_newest_of_each_comes_together_in_the_order_of_the_terms
    mq = bus
    heard = heard_by(mq, mq.cond("disk:ready") & mq.cond("image:*"))
    mq.publish("image:added", 1)
    mq.publish("image:added", 2)
    assert_empty heard
    mq.publish("disk:ready", 3)
    assert_equal [[["ready", 3], ["added", 2]]], heard
  end

  def test_all_begin_anew_afterwards
    mq = bus
    heard = heard_by(mq, mq.cond("a:x") & mq.cond("a:y"))
    %w[a:x a:y a:x].each { |id| mq.publish(id) }
    assert_equal 1, heard.size
    mq.publish("a:y")
    assert_equal 2, heard.size
  end

  def test_a_message_may_fill_several_terms
    mq = bus
    heard = heard_by(mq, mq.cond("a:x") & mq.cond("a:*"))
    mq.publish("a:y", 1)
    mq.publish("a:x", 2)
    assert_equal [[["x", 2], ["x", 2]]], heard
  end

  def test_guards_stand_in_the_terms
    mq = bus
    heard = heard_by(mq, mq.cond("a:x") { |message| message.args.first > 1 } & mq.cond("a:y", guard: ->(_) { true }))
    [["a:x", 1], ["a:y", 1], ["a:x", 2]].each { |id, value| mq.publish(id, value) }
    assert_equal [[["x", 2], ["y", 1]]], heard
    error = assert_raises(BerryMQ::InvalidArgument) { mq.regist_function(mq.cond("a:x"), ->(_) {}, guard: ->(_) { true }) }
    assert_match(/guards stand in the terms/, error.message)
  end

  def test_a_guard_that_raises_is_told_and_keeps_nothing
    mq = bus
    errors = []
    mq.on_error { |error, _, handler| errors << [error.message, handler.class] }
    heard = heard_by(mq, mq.cond("a:x") { raise "spoilt" } & mq.cond("a:y"))
    mq.publish("a:y")
    assert_equal 0, mq.publish("a:x").followers
    assert_equal [["spoilt", BerryMQ::ConditionFollowing]], errors
    assert_empty heard
  end

  def test_what_the_handler_returns_answers_the_message_that_completed_them
    mq = bus
    mq.regist_function(mq.cond("calc:left") & mq.cond("calc:right")) { |left, right| left.args.first - right.args.first }
    assert_equal 1, mq.publish("calc:right", 2).followers
    assert_equal 40, mq.ask("calc:left", 42)
    assert_raises(BerryMQ::NoFollowers) { mq.ask("calc:left", 1) }
  end

  def test_a_handler_of_a_condition_stands_in_the_order_of_registration
    mq = bus
    order = []
    mq.regist_function("a:x") { order << 1 }
    mq.regist_function(mq.cond("a:x")) { order << 2 }
    mq.regist_function("a:x") { order << 3 }
    mq.publish("a:x")
    assert_equal [1, 2, 3], order
  end

  def test_a_condition_that_is_unfollowed_or_whose_object_is_gone_hears_nothing
    mq = bus
    heard = []
    following = mq.regist_function(mq.cond("a:x") & mq.cond("a:y")) { |*messages| heard << messages }
    assert_equal %w[a:x a:y], mq.show_followers
    2.times { following.unfollow }
    assert_equal 0, mq.publish("a:x").followers + mq.publish("a:y").followers
    assert_empty mq.show_followers
  end

  def test_methods_follow_conditions
    name = unique
    kept = Class.new do
      include BerryMQ::Follower

      attr_reader :heard

      following(BerryMQ.cond("#{name}:x") & BerryMQ.cond("#{name}:y"))
      def both(first, second) = @heard = [first.args, second.args]
    end.new
    BerryMQ.publish("#{name}:y", 2)
    BerryMQ.publish("#{name}:x", 1)
    assert_equal [[1], [2]], kept.heard
    assert_equal 1, BerryMQ.unfollow(kept)
  end

  def test_handlers_in_a_pool_get_what_belongs_together
    mq = bus
    mq.set_multiplicity(4)
    sums = Thread::Queue.new
    mq.regist_function(mq.cond("a:x") & mq.cond("a:y")) { |x, y| sums << (x.args.first - y.args.first) }
    100.times { |number| %w[a:x a:y].each { |id| mq.publish(id, number) } }
    assert_equal [0], Array.new(100) { sums.pop }.uniq
  end

  def test_bad_use_says_what_to_do
    mq = bus
    join = ->(count) { Array.new(count) { mq.cond("a:x") }.reduce(:&) }
    { "up to 16 terms; this one has 17" => -> { join.call(17) },
      "join conditions only" => -> { mq.cond("a:x") & "a:y" },
      "takes one pattern" => -> { mq.cond(mq.cond("a:x")) },
      "something to call" => -> { mq.cond("a:x", guard: 5) },
      "cannot be fed from a queue" => -> { mq.regist_function(join.call(2), ->(_, _) {}, queue: "q") },
      "a handler is called with 2 messages" => -> { mq.regist_function(join.call(2), ->(_) {}) } }.each do |said, call|
      assert_includes assert_raises(BerryMQ::InvalidArgument, &call).message, said
    end
    assert_includes assert_raises(BerryMQ::InvalidIdentifier) { mq.cond("te*t:x") }.message, "te*t"
    assert join.call(16)
  end

  def test_what_a_term_keeps_is_acknowledged_and_what_completes_it_when_the_handler_returned
    receiver = connected
    heard = Thread::Queue.new
    receiver.regist_function(receiver.cond("#{unique}:x") & receiver.cond("#{unique}:y")) { |*messages| heard << messages.map(&:attempt) }
    receiver.flush
    sender = connected
    %w[x y].each { |action| sender.publish(BerryMQ::Message.new("#{unique}:#{action}").with(require_ack: true)).wait(5) }
    assert_equal [1, 1], heard.pop
  end
end
