# frozen_string_literal: true

# The outbox: numbers without a gap, answers to the right receipts, bounds that hold.
require "support"

class OutboxTest < Minitest::Test
  def outbox(**bounds) = BerryMQ::Outbox.new(max_held: 1000, max_held_bytes: 100_000, **bounds)

  def put(outbox, *entries) = BerryMQ::Receipt.new(nil).tap { |receipt| outbox.put(entries, receipt) }

  def test_everything_queued_goes_as_the_next_batch
    box = outbox
    put(box, "a")
    put(box, "b", "c")
    box.rewind(:one)
    assert_equal ["abc", 1, false], box.take(:one).to_a
    put(box, "d")
    assert_equal ["d", 4, false], box.take(:one).to_a
  end

  def test_batches_are_bounded
    box = outbox(max_held: 2000, max_held_bytes: 10_000_000)
    put(box, *Array.new(600, "x"))
    box.rewind(:one)
    assert_equal [512, 88], Array.new(2) { box.take(:one).joined.size }
    put(box, *Array.new(3, "y" * 200_000))
    assert_equal [200_000] * 3, Array.new(3) { box.take(:one).joined.size }
  end

  def test_answers_reach_the_receipts_they_are_for
    box = outbox
    box.rewind(:one)
    first, second, third = put(box, "a", "b"), put(box, "c"), put(box, "d") # rubocop:disable Style/ParallelAssignment
    box.take(:one)
    refused = BerryMQ::QueueFull.new("full")
    box.settle(3, [[1, 2, 2, 1]], [[3, 1, refused]])
    assert_equal [4, 2], [first.wait.followers, first.queues]
    assert_same refused, assert_raises(BerryMQ::QueueFull) { second.wait }
    refute_predicate third, :settled?
    assert_raises(BerryMQ::Timeout) { third.wait(0.01) }
  end

  def test_a_lost_connection_sends_the_unanswered_again_and_marks_it
    box = outbox
    box.rewind(:one)
    put(box, "a", "b")
    box.take(:one)
    put(box, "c")
    box.settle(1, [], [])
    box.rewind(:two)
    assert_nil box.take(:one)
    assert_equal ["b", 2, true], box.take(:two).to_a
    assert_equal ["c", 3, false], box.take(:two).to_a
  end

  def test_past_the_bound_it_refuses_while_not_connected_and_waits_while_connected
    box = outbox(max_held: 2)
    put(box, "a", "b")
    assert_raises(BerryMQ::BacklogFull) { put(box, "c") }
    box.rewind(:one)
    waiting = Thread.new { put(box, "c").settled? }
    Thread.pass until waiting.status == "sleep"
    box.take(:one)
    box.settle(2, [], [])
    refute waiting.value
    assert_equal 1, box.held
  end

  def test_closing_tells_everybody_who_waits
    box = outbox
    receipt = put(box, "a")
    box.close(BerryMQ::Closed.new("gone"))
    assert_raises(BerryMQ::Closed) { receipt.wait }
    assert_raises(BerryMQ::Closed) { put(box, "b") }
    assert_nil box.take(:any)
  end

  # A model: entries are answered in any portions, connections are lost at any moment; nothing is lost, nothing is out of order.
  def test_random_losses_lose_nothing
    random = Random.new(Minitest.seed || 1)
    50.times { play(random) }
  end

  def play(random)
    box = outbox
    receipts = Array.new(random.rand(1..40)) { |number| put(box, "<#{number}>") }
    taken = {}
    until box.held.zero?
      connection = Object.new
      box.rewind(connection)
      use(box, connection, taken, random)
    end
    assert_equal (0...receipts.size).map { |number| "<#{number}>" }.join, taken.sort.map(&:last).join
    assert(receipts.all?(&:settled?))
  end

  def use(box, connection, taken, random)
    slice = box.take(connection)
    slice.joined.scan(/<\d+>/).each_with_index { |entry, index| taken[slice.first_sequence + index] = entry }
    last = slice.first_sequence + slice.joined.scan("<").size - 1
    box.settle(random.rand(box.through..last), [], [])
  end
end
