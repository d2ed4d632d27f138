# frozen_string_literal: true

# Messages: immutable, lazily decoded, readable by name.
require "support"

class MessageTest < Minitest::Test
  def test_it_knows_its_parts
    message = BerryMQ::Message.new("task@here:log", 1, "two", level: 3)
    assert_equal ["task@here:log", "task", "log", "here"], [message.id, message.name, message.action, message.namespace]
    assert_equal [[1, "two"], { level: 3 }, 3], [message.args, message.kwargs, message.level]
    assert_raises(NoMethodError) { message.colour }
    assert_respond_to message, :level
  end

  def test_kwargs_named_like_methods_do_not_hide_them
    message = BerryMQ::Message.new("a:b", id: 1, system: 2, args: 3)
    assert_equal ["a:b", [], 2], [message.id, message.args, message.system]
  end

  def test_apply_calls_with_the_kwargs
    message = BerryMQ::Message.new("a:b", left: 1, right: 2)
    assert_equal 3, message.apply(->(left:, right:) { left + right })
    assert_equal 3, (message.apply { |left:, right:| left + right })
  end

  def test_keywords_are_symbols_here_as_they_are_elsewhere
    assert_equal({ level: 3 }, BerryMQ::Message.new("a:b", "level" => 3).kwargs)
    error = assert_raises(BerryMQ::InvalidArgument) { BerryMQ::Message.new("a:b", 1 => 2) }
    assert_match(/called 1; names are Symbols/, error.message)
    assert_raises(BerryMQ::InvalidArgument) { BerryMQ::Bus.new.twitter("a:b", { 1 => 2 }) }
  end

  def test_a_frozen_message_is_one_like_any
    message = Ractor.make_shareable(BerryMQ::Message.new("a:b", 1, level: 2).with(ttl: 60))
    bus = BerryMQ::Bus.new
    heard = []
    bus.regist_function("a:b") { |told| heard << [told.message_id, told.args, told.level, told.checksum] }
    2.times { bus.publish(message) }
    assert_equal [[message.message_id, [1], 2, message.checksum]] * 2, heard
    assert_operator message.expires_at, :>, message.published_at
  end

  def test_with_makes_another_message_and_leaves_the_first
    first = BerryMQ::Message.new("a:b", 1)
    other = first.with(ttl: 60, attributes: { trace: "x" }, message_id: "mine")
    assert_equal({ "trace" => "x" }, other.attributes)
    assert_equal "mine", other.message_id
    assert_in_delta 60, other.expires_at - other.published_at
    assert_nil first.expires_at
    assert_empty first.attributes
  end

  def test_with_takes_a_payload_of_any_kind
    message = BerryMQ::Message.new("a:b").with(payload: "köln", content_type: "text/plain")
    assert_equal ["köln"], message.args
    assert_equal ["\x01".b], BerryMQ::Message.new("a:b").with(payload: "\x01").args
  end

  def test_with_names_what_it_does_not_take
    message = BerryMQ::Message.new("a:b")
    { colour: 1, ttl: "soon", message_id: "x" * 129, payload: 5, content_type: "text/plain" }.each do |option, value|
      assert_includes assert_raises(BerryMQ::InvalidArgument) { message.with(option => value) }.message, option.to_s
    end
  end

  def test_what_is_no_attributes_and_nothing_to_call_is_named
    message = BerryMQ::Message.new("a:b")
    assert_match(/attributes is "x"/, assert_raises(BerryMQ::InvalidArgument) { message.with(attributes: "x") }.message)
    assert_match(/apply\(nil\)/, assert_raises(BerryMQ::InvalidArgument) { message.apply }.message)
  end

  def test_ids_are_unique
    assert_equal 1000, Array.new(1000) { BerryMQ::Message.new("a:b").message_id }.uniq.size
  end

  def test_options_are_checked_and_named
    message = BerryMQ::Message.new("a:b").with(priority: 9, delay: 1, require_ack: true)
    assert_equal [9, true, 1], [message.priority, message.require_ack?, message.attempt]
    assert_in_delta message.published_at + 1, message.deliver_at
    { priority: 10, delay: -1, ttl: "x", colour: 1 }.each do |option, value|
      assert_includes assert_raises(BerryMQ::InvalidArgument) { message.with(option => value) }.message, option.to_s
    end
  end

  def test_the_checksum_is_that_of_the_book
    message = BerryMQ::Message.new("ä:b").with(message_id: "id", payload: "\x00\xff", content_type: "image/png")
    book = "\0\0\0\0\0\0\0\x02id\0\0\0\0\0\0\0\x04\xc3\xa4:b\0\0\0\0\0\0\0\x09image/png\0\0\0\0\0\0\0\x02\x00\xff".b
    assert_equal Digest::SHA256.hexdigest(book), message.checksum
  end
end
