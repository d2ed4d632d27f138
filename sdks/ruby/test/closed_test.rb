# frozen_string_literal: true

# After `close`: every call that does something says so, and what to do; whoever waits is told.
require "support"

class ClosedTest < Minitest::Test
  include Support

  def calls(mq)
    { publish: -> { mq.publish("a:x") }, twitter: -> { mq.twitter("a:x") }, publish_many: -> { mq.publish_many([]) },
      talk: -> { mq.talk("a:x", "a:y") }, ask: -> { mq.ask("a:x") }, ask_many: -> { mq.ask_many("a:x") },
      follow: -> { mq.follow("a:x") }, regist_function: -> { mq.regist_function("a:x") { nil } },
      following_function: -> { mq.following_function("a:x") { nil } }, regist_method: -> { mq.regist_method("a:x", method(:calls)) },
      queue: -> { mq.queue("a:x") }, durable: -> { mq.regist_function("a:x", queue: "q") { nil } },
      condition: -> { mq.regist_function(mq.cond("a:x")) { nil } }, set_multiplicity: -> { mq.set_multiplicity(2) },
      connect: -> { mq.connect("127.0.0.1:1") }, interconnect: -> { mq.interconnect("127.0.0.1:1") },
      connect_oneway: -> { mq.connect_oneway("127.0.0.1:1") }, connect_via_queue: -> { mq.connect_via_queue("a:x", "127.0.0.1:1") },
      send_message: -> { mq.send_message("a:x") }, get: -> { mq.get }, get_nowait: -> { mq.get_nowait },
      send: -> { mq.send("bob", 1) }, mailbox: -> { mq.mailbox("bob").send(1) }, on_recv: -> { mq.on_recv { nil } },
      on_drop: -> { mq.on_drop { nil } }, on_connect: -> { mq.on_connect { nil } }, on_disconnect: -> { mq.on_disconnect { nil } },
      debug_messages: -> { mq.debug_messages }, flush: -> { mq.flush }, forward: -> { @message.twitter("a:x") } }
  end

  def test_every_call_raises_closed_and_says_what_to_do
    mq = bus
    mq.regist_function("a:m") { |message| @message = message }
    mq.publish("a:m")
    2.times { mq.close }
    calls(mq).each do |name, call|
      error = assert_raises(BerryMQ::Closed, name.to_s, &call)
      assert_match(/this bus was closed; make another with BerryMQ::Bus\.new/, error.message, name.to_s)
    end
  end

  def test_what_only_looks_and_what_ends_goes_on
    mq = bus
    following = mq.regist_function("a:x") { nil }
    mq.close
    assert_equal [["a:x"], [], true], [mq.show_followers, mq.take_errors, mq.closed?]
    assert_includes mq.show_network, "a:x"
    assert_nil following.unfollow
    assert_nil mq.close_connection
  end

  def test_streams_and_queues_of_the_process_end_with_it
    mq = bus
    queue = mq.queue("a:x")
    waiting = [Thread.new { mq.follow("a:x").to_a }, Thread.new { queue.pop }]
    eventually { queue.num_waiting == 1 && mq.show_network.include?("stream") }
    mq.close
    waiting.each(&:join)
    assert_match(/ended with its bus/, assert_raises(BerryMQ::Closed) { queue.get(timeout: 0) }.message)
  end

  def test_queues_at_the_gateway_say_that_their_connection_was_closed
    mq = connected
    queue = mq.queue("#{unique}:x", shared: true)
    mq.close
    [-> { queue.get(timeout: 5) }, -> { queue.qsize }, -> { queue.peek }].each do |call|
      assert_match(/was closed by this program; connect again/, assert_raises(BerryMQ::Closed, &call).message)
    end
  end

  def test_closing_with_messages_left_ends_at_once
    mq = bus
    closings = Thread::Queue.new
    mq.regist_function("a:x", queue: "left") do
      closings << (closing = Thread.new { mq.close })
      Thread.pass until closing.stop? # it waits for this handler
    end
    3.times { mq.publish("a:x") }
    assert closings.pop.join(4), "it does not end"
  end

  def test_the_default_bus_comes_back_by_connect
    said = IO.popen([RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, "-rberrymq", "-e", <<~RUBY, shared_url], &:read)
      heard = Thread::Queue.new
      BerryMQ.following_function("#{unique}:x") { |message| heard << message.args.first }
      BerryMQ.close
      begin
        BerryMQ.publish("#{unique}:x")
      rescue BerryMQ::Closed => e
        puts e.message[/comes back by BerryMQ.connect/]
      end
      BerryMQ.connect_oneway(ARGV[0])
      BerryMQ.publish("#{unique}:x", 5)
      puts heard.pop
      BerryMQ.close
    RUBY
    assert_equal ["comes back by BerryMQ.connect", "5"], said.split("\n")
  end
end
