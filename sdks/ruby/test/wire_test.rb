# frozen_string_literal: true

# Messages as bytes: what is written by hand is what protobuf writes.
require "support"
require "berrymq/received_message"
require "berrymq/transports/grpc"

class WireTest < Minitest::Test
  def decoded(message) = BerryMQ::V1::Batch.decode(BerryMQ::Wire.entry(message)).messages.first

  def test_random_messages_read_as_they_were_written
    random = Random.new(Minitest.seed || 1)
    200.times do
      message = random_message(random)
      assert_equal fields(message), fields(BerryMQ::ReceivedMessage.new(decoded(message)))
    end
  end

  def fields(message)
    %i[id message_id payload content_type attributes reply_to sender hops answer published_micros expires_micros priority
       deliver_micros require_ack? checksum]
      .to_h { |field| [field, message.public_send(field)] }
  end

  def random_message(random)
    message = BerryMQ::Message.new(["a:b", "köln:straße", "#{"x" * 200}:y"].sample(random: random), "é" * random.rand(0..3000))
    message = message.with(ttl: random.rand(1..1000)) if random.rand < 0.3
    message = message.with(attributes: { "schlüssel" => "wert 😀" }, message_id: "é" * 64) if random.rand < 0.3
    message = message.with(priority: random.rand(0..9), delay: random.rand(0..99), require_ack: true) if random.rand < 0.3
    answer = BerryMQ::Answer.new(to: "x", number: 1, of: 2, failed: true)
    message = message.with(reply_to: "c:d", hops: 3, answer: answer) if random.rand < 0.3
    message.stamp([nil, "me", "köln"].sample(random: random), BerryMQ.default_bus)
  end

  def test_a_message_read_can_be_written_again
    message = BerryMQ::Message.new("a:b", 1).with(attributes: { "k" => "v" }, ttl: 5)
    read = BerryMQ::ReceivedMessage.new(decoded(message))
    assert_equal decoded(message), decoded(read)
  end

  def test_entries_joined_are_a_batch_in_a_request
    entries = Array.new(3) { |index| BerryMQ::Wire.entry(BerryMQ::Message.new("a:b", index)) }.join
    [[1, false], [2**40, true]].each do |sequence, resent|
      request = BerryMQ::V1::PublishBatchesRequest.decode(BerryMQ::Wire.publish_request(entries, sequence, resent))
      assert_equal [3, sequence, resent], [request.batch.messages.size, request.first_sequence, request.resent]
    end
  end

  def test_the_bytes_of_a_batch_are_counted_as_they_came
    require "berrymq/v1/follower_service_pb"
    [0, 1, 10, 100, 20_000].each do |size|
      batch = BerryMQ::V1::Batch.new(messages: [BerryMQ::V1::Message.new(payload: "x" * size)])
      response = BerryMQ::V1::FollowResponse.new(batch: batch, applied_revision: 7)
      assert_equal BerryMQ::V1::Batch.encode(batch).bytesize, BerryMQ::Wire.batch_bytes(BerryMQ::V1::FollowResponse.encode(response))
    end
    assert_equal 0, BerryMQ::Wire.batch_bytes(BerryMQ::V1::FollowResponse.encode(BerryMQ::V1::FollowResponse.new(applied_revision: 7)))
  end

  def test_too_large_a_message_is_refused_with_the_way_out
    error = assert_raises(BerryMQ::MessageTooLarge) { BerryMQ::Wire.entry(BerryMQ::Message.new("a:b", "x" * (4 << 20))) }
    assert_includes error.message, "a:b"
  end
end
