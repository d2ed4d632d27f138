# frozen_string_literal: true

# The connection styles of berryMQ 0.3, by their old names.
require "support"

class ClassicTest < Minitest::Test
  include Support

  # [a connected bus, what it hears of this test's names]
  def listener
    heard = Thread::Queue.new
    mq = connected
    mq.regist_function("#{unique}:*") { |message| heard << [message.action, message.args, message.kwargs] }
    mq.flush
    [mq, heard]
  end

  def test_interconnect_is_connect
    _, heard = listener
    bus.interconnect(shared_url, ident: "old-#{unique}").publish("#{unique}:x", 1)
    assert_equal ["x", [1], {}], heard.pop
  end

  def test_oneway_sends_and_hears_nothing_of_others
    other, heard = listener
    sender = bus
    own = []
    sender.regist_function("#{unique}:*") { |message| own << message.action }
    stream = sender.follow("#{unique}:*")
    sender.connect_oneway(shared_url)
    sender.regist_function("#{unique}:late") { own << :late }
    assert_equal 1, sender.publish("#{unique}:sent").wait(5).followers - own.size - 1
    assert_equal "sent", heard.pop.first
    assert_equal 1, other.publish("#{unique}:late").wait(5).followers, "nobody but itself hears it"
    sender.flush
    assert_equal ["sent"], own
    assert_equal "sent", stream.get(timeout: 0).action
    assert_nil stream.get(timeout: 0)
  end

  def test_via_queue_pulls
    other, = listener
    puller = bus
    assert_match(/connect_via_queue\(pattern, url\) first/, assert_raises(BerryMQ::InvalidArgument) { puller.get }.message)
    queue = puller.connect_via_queue("#{unique}:task", shared_url)
    3.times { |number| other.publish("#{unique}:task", number).wait(5) }
    assert_equal [0, 1], [puller.get, puller.get_nowait].map { |message| message.args.first }
    assert_equal 2, queue.get(timeout: 5).args.first
    assert_nil puller.get(timeout: 0)
    assert_raises(BerryMQ::Empty) { puller.get_nowait }
    assert_raises(BerryMQ::Empty) { puller.get(block: false) }
  end

  def test_via_queue_refuses_before_it_connects_what_it_cannot_keep
    mq = bus
    assert_raises(BerryMQ::InvalidIdentifier) { mq.connect_via_queue("te*t:x", shared_url) }
    assert_match(/never reaches a gateway/, assert_raises(BerryMQ::InvalidArgument) { mq.connect_via_queue("_own:x", shared_url) }.message)
    assert_raises(BerryMQ::Unavailable) { mq.connect_via_queue("a:x", "127.0.0.1:1", timeout: 0.2) }
    refute_predicate mq, :connected?
  end

  def test_send_message_goes_over_the_link_only
    other, heard = listener
    mq = bus
    own = []
    mq.regist_function("#{unique}:*") { own << 1 }
    assert_raises(BerryMQ::Unavailable) { mq.send_message("#{unique}:x") }
    mq.connect(shared_url)
    receipt = mq.send_message("#{unique}:x", [1], { "level" => 3 }).wait(5)
    assert_equal ["x", [1], { level: 3 }], heard.pop
    assert_equal [1, 0, []], [receipt.followers, receipt.queues, own]
    assert_raises(BerryMQ::ReservedIdentifier) { mq.send_message("berrymq:x") }
    assert_match(/never leaves its process/, assert_raises(BerryMQ::InvalidArgument) { mq.send_message("_own:x") }.message)
    assert_raises(BerryMQ::InvalidArgument) { mq.send_message("a:x", 5) }
    other.close
  end

  def test_close_connection_leaves_the_bus_as_it_was_and_it_may_connect_again
    other, = listener
    mq = bus
    own = Thread::Queue.new
    mq.regist_function("#{unique}:*") { |message| own << message.args.first }
    queue = mq.connect_via_queue("#{unique}:task", shared_url)
    2.times { mq.close_connection }
    refute_predicate mq, :connected?
    mq.publish("#{unique}:x", 1)
    assert_match(/was closed/, assert_raises(BerryMQ::Closed) { queue.get(timeout: 0) }.message)
    assert_raises(BerryMQ::InvalidArgument) { mq.get }
    assert_raises(BerryMQ::Unavailable) { mq.send_message("#{unique}:x") }
    mq.connect(shared_url).flush
    other.publish("#{unique}:x", 2).wait(5)
    assert_equal [1, 2], Array.new(2) { own.pop }
  end

  def test_a_durable_following_works_here_there_and_here_again
    mq = bus
    heard = Thread::Queue.new
    mq.regist_function("#{unique}:job", ->(message) { heard << message.args.first }, queue: "jobs-#{unique}")
    work = lambda do |number|
      mq.publish("#{unique}:job", number).wait(5)
      assert_equal number, heard.pop
    end
    work.call(1)
    mq.connect(shared_url)
    work.call(2)
    mq.close_connection
    work.call(3)
    mq.connect(shared_url)
    work.call(4)
    assert_empty heard
  end

  def test_mailboxes_are_read_again_after_a_new_connection
    mq = bus
    heard = Thread::Queue.new
    mq.on_recv { |_, message| heard << message.args.first }
    2.times do |number|
      mq.connect(shared_url, ident: "reader-#{unique}")
      mq.send("reader-#{unique}", number).wait(5)
      assert_equal number, heard.pop
      mq.close_connection
    end
  end
end
