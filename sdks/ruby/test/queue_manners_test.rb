# frozen_string_literal: true

# Queues with the manners of Thread::Queue; streams with those of an Enumerator.
require "support"

class QueueMannersTest < Minitest::Test
  include Support

  def queue(pattern = "a:*", **options)
    @mq ||= bus
    BerryMQ::Queue.new(pattern, bus: @mq, **options)
  end

  def test_pop_shift_and_deq_take_the_next
    tasks = queue
    3.times { |number| @mq.publish("a:x", number) }
    assert_equal [3, 3], [tasks.size, tasks.length]
    assert_equal [0, 1, 2], [tasks.pop, tasks.shift(true), tasks.deq(timeout: 5)].map { |message| message.args.first }
    assert_nil tasks.pop(timeout: 0.01)
    assert_raises(ThreadError) { tasks.pop(true) }
    assert_raises(BerryMQ::InvalidArgument) { tasks.pop(true, timeout: 1) }
    assert_predicate tasks, :empty?
  end

  def test_closing_ends_those_who_wait
    [queue, queue(shared: true)].each do |tasks|
      waiting = Thread.new { tasks.pop }
      eventually { tasks.num_waiting == 1 }
      tasks.close
      assert_nil waiting.value
      assert_equal [true, 0, nil], [tasks.closed?, tasks.num_waiting, tasks.pop]
      assert_match(/closed/, assert_raises(BerryMQ::Closed) { tasks.get(timeout: 0) }.message)
    end
  end

  def test_a_shared_queue_that_one_closed_is_there_for_others
    one, other = Array.new(2) { queue(shared: true) }
    one.close
    @mq.publish("a:x", 1)
    assert_equal 1, other.size
  end

  def test_each_goes_on_until_the_queue_is_closed
    tasks = queue
    3.times { |number| @mq.publish("a:x", number) }
    heard = tasks.each.lazy.map { |message| message.args.first }.first(2)
    assert_equal [0, 1], heard
    reader = Thread.new { tasks.each { |message| heard << message.args.first } }
    eventually { heard.size == 3 && tasks.num_waiting == 1 }
    tasks.close
    assert_same tasks, reader.value
  end

  def test_a_stream_is_lazy_and_takes_no_more_than_is_wanted
    mq = bus
    stream = mq.follow("n:*")
    10.times { |number| mq.publish("n:x", number) }
    odd = stream.lazy.map { |message| message.args.first }.select(&:odd?).with_index(1).map { |number, place| [place, number] }
    assert_equal [[1, 1], [2, 3]], odd.first(2)
    assert_equal 4, stream.next.args.first
    assert_equal [[5, 0], [6, 1]], stream.each.with_index.first(2).map { |message, index| [message.args.first, index] }
    stream.close
    assert_raises(StopIteration) { stream.next }
  end
end
