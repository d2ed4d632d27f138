# frozen_string_literal: true

# The rest of berryMQ's programming model: publishing on, what handlers raised, unfollowing, debugging messages.
require "support"

class ModelTest < Minitest::Test
  include Support

  def test_a_message_is_published_on_with_one_hop_more_on_the_bus_that_delivered_it
    mq = bus
    hops = []
    mq.regist_function("a:x") { |message| message.twitter("b:x", 1, { "level" => 3 }) }
    mq.regist_function("b:x") { |message| hops << [message.hops, message.args, message.kwargs] }
    mq.publish("a:x")
    assert_equal [[1, [1], { level: 3 }]], hops
  end

  def test_a_message_that_goes_round_ends_after_100_hops
    mq = bus
    seen = []
    mq.on_error { |error, message, _| seen << [error.class, message.hops] }
    mq.regist_function("a:x") { |message| message.twitter("a:x") }
    mq.publish("a:x")
    assert_equal [[BerryMQ::HopLimit, 100]], seen
    assert_match(/has travelled 100 hops/, mq.take_errors.first.error.message)
  end

  def test_a_message_made_by_hand_goes_to_the_default_bus
    heard = []
    following = BerryMQ.following_function("#{unique}:x") { |message| heard << message.hops }
    BerryMQ::Message.new("a:x").twitter("#{unique}:x")
    assert_equal [1], heard
  ensure
    following.unfollow
  end

  def test_one_message_published_on_two_buses_goes_on_on_each
    heard = []
    one, other = [1, 2].map do |number|
      bus.tap do |mq|
        mq.regist_function("a:x") { |message| message.twitter("b:x") }
        mq.regist_function("b:x") { heard << number }
      end
    end
    message = BerryMQ::Message.new("a:x")
    [one, other, one].each { |mq| mq.publish(message) }
    assert_equal [1, 2, 1], heard
  end

  def test_a_message_from_a_queue_or_over_the_link_is_published_on_there
    sender = connected
    receiver = connected
    heard = Thread::Queue.new
    receiver.regist_function("#{unique}-on:x") { |message| heard << [message.hops, message.sender == receiver.ident] }
    receiver.regist_function("#{unique}:x") { |message| message.twitter("#{unique}-on:x") }
    queue = receiver.queue("#{unique}:x")
    receiver.flush
    sender.publish("#{unique}:x").wait(5)
    first = heard.pop
    queue.get(timeout: 5).twitter("#{unique}-on:x")
    assert_equal [[1, true]] * 2, [first, heard.pop].map { |hops, own| [[hops, 1].max, own] }
  end

  def test_what_handlers_raised_is_kept_until_it_is_asked_for
    mq = bus
    mq.on_error { nil }
    line = __LINE__ + 1
    mq.regist_function("a:x") { |message| raise "spoilt #{message.args.first}" }
    102.times { |number| mq.publish("a:x", number) }
    taken = mq.take_errors
    assert_equal [100, "spoilt 2", "spoilt 101"], [taken.size, taken.first.error.message, taken.last.error.message]
    assert_equal ["a:x", "test/model_test.rb:#{line}"], [taken.first.message.id, taken.first.handler.source]
    assert_empty mq.take_errors
  end

  class Follows
    def one(message) = message

    def two(message) = message
  end

  def test_functions_methods_and_objects_are_unfollowed_and_counted
    mq = bus
    function = ->(message) { message }
    object = Follows.new
    2.times { |number| mq.regist_function("a:#{number}", function) }
    %i[one two].each { |name| mq.regist_method("b:#{name}", object.method(name)) }
    mq.regist_function("b:three", object.method(:one))
    mq.regist_method("b:other", Follows.new.tap { |other| @kept = other }.method(:one))
    assert_equal 2, mq.unfollow(function)
    assert_equal 0, mq.unfollow(function)
    assert_equal 2, mq.unfollow(object.method(:one))
    assert_equal 1, mq.unfollow(object)
    assert_equal %w[b:other], mq.show_followers
    assert_equal 1, mq.unfollow(mq.regist_function("c:x", function))
  end

  def test_durable_followings_and_conditions_are_unfollowed_too
    mq = bus
    function = ->(message) { message }
    mq.regist_function("a:x", function, queue: "unfollow")
    mq.regist_function(mq.cond("a:x"), function)
    assert_equal 2, mq.unfollow(function)
    assert_match(/it takes a function, a Method, an object/, assert_raises(BerryMQ::InvalidArgument) { mq.unfollow("a:x") }.message)
  end

  def test_debugging_messages_tell_of_what_is_published_forwarded_and_received
    sender, receiver = %w[sender receiver].map { |role| connected("#{role}-#{unique}") }
    told = [sender, receiver].map do |mq|
      Thread::Queue.new.tap do |queue|
        ours = ->(message) { message.kwargs[:identifier] == "#{unique}:x" }
        mq.regist_function("berrymq:*", ->(message) { queue << [message.action, message.kwargs] }, guard: ours)
      end
    end
    heard = Thread::Queue.new
    receiver.regist_function("#{unique}:x", ->(message) { heard << message })
    receiver.flush
    sender.publish("#{unique}:x").wait(5) # nothing is told before
    heard.pop
    [sender, receiver].each(&:debug_messages)
    id = sender.publish("#{unique}:x").wait(5).message_id
    kwargs = { identifier: "#{unique}:x", message_id: id, sender: sender.ident }
    assert_equal [["send_message", kwargs], ["forward_message", kwargs]], Array.new(2) { told[0].pop }
    assert_equal ["receive_message", kwargs], told[1].pop
    sender.debug_messages(false)
    sender.publish("#{unique}:x").wait(5)
    assert_empty told[0]
  end

  def test_a_follower_of_debugging_messages_may_publish
    [0, 2].each do |threads|
      mq = bus
      mq.set_multiplicity(threads)
      mq.debug_messages
      heard = Thread::Queue.new
      mq.regist_function("log:x") { |message| heard << message.args.first }
      mq.regist_function("berrymq:send_message") do |message|
        [message.id, message.kwargs[:identifier]].each { |id| mq.publish("log:x", id) }
      end
      mq.publish("a:x")
      assert_equal %w[a:x berrymq:send_message], Array.new(2) { heard.pop }.sort
      assert_empty heard
    end
  end

  def test_what_is_not_meant_says_what_is
    assert_match(/include BerryMQ::Follower/, assert_raises(BerryMQ::InvalidArgument) { Class.new { include BerryMQ } }.message)
    assert_match(/include BerryMQ::Follower/, assert_raises(BerryMQ::InvalidArgument) { Class.new { extend BerryMQ::Follower } }.message)
    assert_match(/following_function/, assert_raises(BerryMQ::InvalidArgument) { BerryMQ.following("a:x") }.message)
    alone = Class.new do
      include BerryMQ::Follower

      def before = nil
      following("a:x")
    end
    assert_match(/model_test\.rb:\d+ stands before no method/, assert_raises(BerryMQ::InvalidArgument) { alone.new }.message)
    %i[auto_twitter twitter_exception].each do |line|
      untold = Class.new(Class.new { include BerryMQ::Follower }.tap { |above| above.public_send(line, "a:x") })
      assert_match(/\A#{line}\("a:x"\) stands before no method/, assert_raises(BerryMQ::InvalidArgument) { untold.new }.message)
    end
  end
end
