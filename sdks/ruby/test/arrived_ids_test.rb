# frozen_string_literal: true

# What is known of the messages that came over a link lately.
require "support"
require "berrymq/arrived_ids"

class ArrivedIdsTest < Minitest::Test
  def test_the_last_ten_thousand_are_known_in_whatever_pieces_they_came
    [1, 512, 30_000].each do |piece|
      arrived = BerryMQ.const_get(:ArrivedIds).new
      (1..30_000).each_slice(piece) { |ids| arrived.add(ids) }
      assert_equal [true, true], [arrived.include?(30_000), arrived.include?(20_001)]
      refute_includes arrived, piece == 30_000 ? 0 : 20_001 - piece
    end
  end
end
