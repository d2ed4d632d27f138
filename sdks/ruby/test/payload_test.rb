# frozen_string_literal: true

# Payloads: what goes in comes out, and what cannot go in is named.
require "set"
require "support"

class PayloadTest < Minitest::Test
  Payload = BerryMQ::Payload

  def round_trip(args, kwargs = {}) = Payload.decode(Payload.encode(args, kwargs), Payload.content_type(args, kwargs))

  def test_random_values_come_back_the_same
    random = Random.new(Minitest.seed || 1)
    300.times do
      args = Array.new(random.rand(0..4)) { value(random, 0) }
      kwargs = Array.new(random.rand(0..3)) { |index| [:"key#{index}", value(random, 0)] }.to_h
      assert_equal [args, kwargs], round_trip(args, kwargs)
    end
  end

  def value(random, depth)
    kinds = [-> { random.rand(-(2**70)..(2**70)) }, -> { random.rand }, -> { "ä\"\\\u0000😀"[0, random.rand(6)] }, -> {},
             -> { random.rand < 0.5 }]
    kinds += [-> { Array.new(random.rand(3)) { value(random, depth + 1) } }, -> { { "k" => value(random, depth + 1) } }] if depth < 4
    kinds.sample(random: random).call
  end

  def test_a_single_binary_string_travels_untouched
    bytes = (0..255).to_a.pack("C*")
    assert_equal [[bytes], {}], round_trip([bytes])
    assert_equal Payload::BYTES, Payload.content_type([bytes], {})
  end

  def test_what_json_cannot_hold_is_named_by_its_path
    {
      [1, { "when" => Time.now }] => "args[1].when", [[Float::NAN]] => "args[0][0]", [1, "\x00".b] => "args[1]",
      [{ 1 => 2 }] => "args[0]", ["\xff"] => "args[0]", [Object.new] => "args[0]"
    }.each do |args, path|
      error = assert_raises(BerryMQ::NotEncodable) { Payload.encode(args, {}) }
      assert_includes error.message, path
    end
    assert_includes assert_raises(BerryMQ::NotEncodable) { Payload.encode([], { level: Object.new }) }.message, "level"
  end

  def test_a_value_that_holds_itself_is_refused
    ring = []
    ring << ring
    assert_raises(BerryMQ::NotEncodable) { Payload.encode([ring], {}) }
  end

  def test_the_content_type_alone_decides
    { "application/json" => [[{ "a" => 1 }], {}], "application/geo+json; charset=utf-8" => [[{ "a" => 1 }], {}],
      "text/plain" => [["{\"a\":1}"], {}], "image/png" => [["{\"a\":1}".b], {}] }.each do |type, expected|
      assert_equal expected, Payload.decode("{\"a\":1}".b, type), type
    end
    assert_equal [[], {}], Payload.decode("", "")
  end

  def test_bytes_that_are_not_what_they_say_are_refused
    [["{", ""], ["[1]", ""], ["{\"args\":1}", ""], ["x", "application/json"], ["\xff", "text/plain"]].each do |bytes, type|
      assert_raises(BerryMQ::MalformedMessage, "#{bytes} as #{type}") { Payload.decode(bytes.b, type) }
    end
  end

  def test_what_to_publish_instead_is_told_and_circles_are_told_shortly
    circle = []
    circle << circle
    told = { Set[1] => "`to_a`", Struct.new(:x).new(1) => "`to_h`", 1r => "`to_s`", "x".b => "travel alone", Object.new => "an Object",
             circle => "or holds itself" }
    told.each do |value, text|
      message = assert_raises(BerryMQ::NotEncodable) { BerryMQ::Payload.encode([value, 1], {}) }.message
      assert_includes message, text
      assert_operator message.size, :<, 120
    end
  end
end
