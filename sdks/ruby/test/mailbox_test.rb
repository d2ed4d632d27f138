# frozen_string_literal: true

# Mailboxes, and publishing until somebody has acknowledged.
require "support"
require "tmpdir"

class MailboxTest < Minitest::Test
  include Support

  def test_what_is_sent_to_a_program_that_is_away_waits_for_it_in_order
    a = connected("a-#{unique}")
    3.times { |number| assert_equal 1, a.send("b@#{unique}", number, level: 3).wait(5).queues }
    a.mailbox("b@#{unique}", persistent: false).send("transient").wait(5)
    heard = Thread::Queue.new
    b = connected("b@#{unique}")
    b.on_recv { |ident, message| heard << [ident, message.args.first] }
    got = Array.new(4) { heard.pop }
    assert_equal [0, 1, 2], got.map(&:last).grep(Integer)
    assert_equal ["a-#{unique}"], got.map(&:first).uniq
  end

  def test_receiving_begins_with_the_connection_and_what_raises_comes_again
    heard = Thread::Queue.new
    b = bus
    b.on_error { |*| }
    receiving = b.on_recv do |_, message|
      heard << message.attempt
      raise BerryMQ::Retry, 0 if message.attempt == 1
    end
    b.connect(Support::Gateway.shared.url, ident: "b-#{unique}")
    connected.send("b-#{unique}")
    assert_equal [1, 2], Array.new(2) { heard.pop }
    receiving.remove
  end

  def test_sending_needs_a_connection_that_once_was
    assert_raises(BerryMQ::Unavailable) { bus.send("b", 1) }
    assert_raises(BerryMQ::InvalidArgument) { connected.send("no\nident", 1) }
    assert_equal 1, bus.send(:then) { 1 }
  end

  def test_an_ident_survives_its_escaping
    ident = "a%b:c@d*e"
    address = BerryMQ::Mailbox.address(ident, true)
    assert_equal ["_mailbox:a%25b%3Ac%40d%2Ae", ident], [address, BerryMQ::Mailbox.ident_of(address)]
  end

  def test_what_expires_unread_is_told_to_its_sender
    a = connected("a-#{unique}")
    told = Thread::Queue.new
    a.on_drop { |ident, message_id| told << [ident, message_id] }
    a.flush
    receipt = a.mailbox("b-#{unique}", ttl: 0.05).send(1).wait(5)
    assert_equal ["b-#{unique}", receipt.message_id], told.pop
  end

  def test_who_comes_and_goes_is_told
    a = connected
    told = Thread::Queue.new
    a.on_connect { |ident| told << [:came, ident] if ident == "b-#{unique}" }
    a.on_disconnect { |ident| told << [:went, ident] if ident == "b-#{unique}" }
    a.flush
    connected("b-#{unique}").close
    assert_equal [[:came, "b-#{unique}"], [:went, "b-#{unique}"]], Array.new(2) { told.pop }
  end

  def test_a_newer_program_takes_the_mailbox_over_and_the_older_goes_on_without_it
    heard = Thread::Queue.new
    older, newer = Array.new(2) { |index| connected("b-#{unique}").tap { |mq| mq.on_recv { |*| heard << index } } }
    a = connected
    eventually do
      a.send("b-#{unique}").wait(5)
      heard.pop == 1
    end
    assert_predicate older, :connected?
    assert_predicate newer, :connected?
  end

  def test_receiving_goes_on_after_the_gateway_was_killed
    Dir.mktmpdir do |data|
      gateway = own_gateway(data: data)
      a, b = %w[a b].map { |ident| bus.connect(gateway.url, ident: ident) }
      a.send("b", 1).wait(5)
      gateway.stop(:KILL)
      held = a.send("b", 2)
      heard = Thread::Queue.new
      b.on_recv { |_, message| heard << message.args.first }
      own_gateway(port: gateway.port, data: data)
      held.wait(20)
      assert_equal [1, 2], Array.new(2) { heard.pop }
      [a, b].each(&:close)
    end
  end

  def test_a_message_that_requires_it_comes_until_every_handler_returned
    a = connected
    b = connected
    b.on_error { |*| }
    attempts = Thread::Queue.new
    b.regist_function("#{unique}:x") { |message| raise "not yet" if attempts.push(message.attempt) && message.attempt == 1 }
    b.flush
    a.publish(BerryMQ::Message.new("#{unique}:x", 1).with(require_ack: true)).wait(5)
    assert_equal 1, attempts.pop
    assert_equal 2, attempts.pop
  end

  def test_a_message_that_requires_it_waits_for_its_first_follower
    a = connected
    a.publish(BerryMQ::Message.new("#{unique}:x", 1).with(require_ack: true)).wait(5)
    stream = connected.follow("#{unique}:x")
    assert_equal [1], stream.get(timeout: 10).args
    heard = connected.follow("#{unique}:*")
    a.flush
    assert_nil heard.get(timeout: 0.3)
  end
end
