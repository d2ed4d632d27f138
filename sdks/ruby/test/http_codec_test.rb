# frozen_string_literal: true

# The JSON form of messages and answers, and server-sent events: what is written is read again, however it is cut.
require "support"
require "berrymq/received_message"
require "berrymq/transports/http"

class HttpCodecTest < Minitest::Test
  HTTP = BerryMQ::Transports::Http
  ENTRY = HTTP.const_get(:Entry)
  SHOWN = HTTP.const_get(:ShownMessage)
  SHAPES = HTTP.const_get(:Shapes)
  EVENTS = HTTP.const_get(:Events)
  FIELDS = %i[id message_id payload content_type attributes reply_to sender hops answer published_micros expires_micros priority
              deliver_micros require_ack? checksum].freeze

  def read(json) = BerryMQ::ReceivedMessage.new(SHOWN.from(SHAPES.parse(json)))

  def fields(message) = FIELDS.to_h { |field| [field, message.public_send(field)] }

  def test_random_messages_read_as_they_were_written
    random = Random.new(Minitest.seed || 1)
    200.times do
      message = random_message(random)
      assert_equal fields(message), fields(read(ENTRY.write(message)))
    end
  end

  def random_message(random)
    args = Array.new(random.rand(0..3)) do
      ["é" * random.rand(0..300), random.rand(-(2**70)..(2**70)), random.rand, nil, [{ "k" => 1.0 }]].sample(random: random)
    end
    message = BerryMQ::Message.new(["a:b", "köln:straße", "#{"x" * 200}:y"].sample(random: random), *args)
    if random.rand < 0.3
      message = message.with(payload: random.bytes(random.rand(0..999)),
                             content_type: ["", "x/y", "text/plain"].sample(random: random))
    end
    message = message.with(ttl: random.rand(1..1000), attributes: { "schlüssel" => "wert 😀" }, message_id: "é" * 64) if random.rand < 0.3
    message = message.with(priority: random.rand(0..9), delay: random.rand(0..99), require_ack: true) if random.rand < 0.3
    answer = BerryMQ::Answer.new(to: "x", number: 1, of: 2, failed: true)
    message = message.with(reply_to: "c:d", hops: 3, answer: answer) if random.rand < 0.3
    message.stamp([nil, "me", "you and me"].sample(random: random), BerryMQ.default_bus)
  end

  def test_what_the_contract_leaves_out_has_its_default
    message = read(%({"identifier":"a:b"}))
    assert_equal [[], {}, "", {}, nil, nil, 1, 0], [message.args, message.kwargs, message.message_id, message.attributes, message.sender,
                                                    message.answer, message.attempt, message.priority]
  end

  def test_what_cannot_travel_is_refused_before_it_does
    assert_raises(BerryMQ::MessageTooLarge) { ENTRY.write(BerryMQ::Message.new("a:b", "x" * (4 << 20))) }
    error = assert_raises(BerryMQ::NotEncodable) { ENTRY.write(BerryMQ::Message.new("a:b").with(message_id: "\xFF")) }
    assert_includes error.message, "a:b"
  end

  def test_what_is_no_object_is_refused
    [nil, 1, "x", []].each do |json|
      assert_raises(BerryMQ::MalformedMessage) { SHOWN.from(json) }
      assert_raises(BerryMQ::MalformedMessage) { SHAPES::Consumed.from(json) }
      assert_raises(BerryMQ::MalformedMessage) { SHAPES::Consumed.from({ "deliveries" => [{ "message" => json || 1 }] }) }
    end
  end

  def events(*chunks)
    reader = EVENTS.new
    [].tap { |told| chunks.each { |chunk| reader.feed(chunk.b) { |*event| told << event } } }
  end

  def test_events_are_read_however_they_are_cut
    random = Random.new(Minitest.seed || 1)
    text = "event: a\nid: 1\ndata: {\"x\":\"é\"}\n\n:\n\ndata:two\r\ndata: lines\r\n\r\n" \
           "event: empty\n\nevent: b\ndata: 😀 : x\n\ndata: unfinished".b
    expected = [["a", "{\"x\":\"é\"}"], ["message", "two\nlines"], ["b", "😀 : x"]]
    assert_equal expected, events(text)
    100.times do
      cuts = Array.new(random.rand(0..20)) { random.rand(0..text.bytesize) }.sort
      pieces = [0, *cuts, text.bytesize].each_cons(2).map { |from, to| text.byteslice(from...to) }
      assert_equal expected, events(*pieces)
    end
    assert_equal expected, events(*text.chars)
  end

  def test_an_event_without_an_end_is_bounded
    reader = EVENTS.new
    assert_raises(BerryMQ::MessageTooLarge) { 20.times { reader.feed("data: #{"x" * (1 << 20)}") { flunk } } }
    reader = EVENTS.new
    assert_raises(BerryMQ::MessageTooLarge) { 20.times { reader.feed("data: #{"x" * (1 << 20)}\n") { flunk } } }
  end
end
