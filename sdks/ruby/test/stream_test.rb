# frozen_string_literal: true

# Streams: `follow` in one process, with its bounded buffer.
require "support"

class StreamTest < Minitest::Test
  include Support

  def test_a_stream_gives_messages_in_order_until_it_is_closed
    mq = bus
    stream = mq.follow("a:*", "b:*")
    [["a:x", 1], ["b:x", 2], ["c:x", 3]].each { |identifier, number| mq.publish(identifier, number) }
    assert_equal [[1], [2]], Array.new(2) { stream.next.args }
    assert_nil stream.get(timeout: 0)
    stream.close
    assert_raises(StopIteration) { stream.next }
    assert_empty mq.show_followers
  end

  def test_a_block_hears_until_it_breaks
    mq = bus
    heard = Thread.new { mq.follow("a:*") { |message| break message.args } }
    eventually { mq.publish("a:x", 1).followers == 1 }
    assert_equal [1], heard.value
    assert_empty mq.show_followers
  end

  def test_a_message_that_two_of_its_patterns_meet_comes_once
    mq = bus
    stream = mq.follow("a:*", "*:x")
    mq.publish("a:x")
    assert_equal 1, Array.new(2) { stream.get(timeout: 0) }.compact.size
  end

  def test_a_full_buffer_loses_the_oldest_and_tells_how_many
    mq = bus
    told = []
    mq.regist_function("berrymq:lag") { |lag| told << lag.kwargs }
    stream = mq.follow("a:*", max_messages: 3)
    10.times { |number| mq.publish("a:x", number) }
    assert_equal [[7], [8], [9]], Array.new(3) { stream.next.args }
    assert_equal [{ dropped: 7, pattern: "a:*" }], told
  end

  def test_a_buffer_is_bounded_in_bytes_too
    mq = bus
    stream = mq.follow("a:*", max_bytes: 10_000)
    10.times { |number| mq.publish("a:x", number, "x" * 3000) }
    assert_operator stream.next.args.first, :>=, 7
  end

  def test_bounds_that_are_none_are_refused
    assert_includes assert_raises(BerryMQ::InvalidArgument) { bus.follow("a:*", max_messages: 0) }.message, "max_messages is 0"
  end
end
