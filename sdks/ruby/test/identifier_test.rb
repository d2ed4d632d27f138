# frozen_string_literal: true

# Identifiers: the one matching table of every language, and what holds for any text.
require "support"
require "yaml"

class IdentifierTest < Minitest::Test
  TABLE = YAML.safe_load_file("#{Support::ROOT}/test/conformance/cases/identifiers.yaml")

  def self.text(row)
    return row["text"] unless row["repeat"]

    row["repeat"].then { |repeat| repeat["before"] + (repeat["part"] * repeat["times"]) + repeat["after"] }
  end

  def test_reads_every_valid_row_of_the_table
    TABLE["valid"].each do |row|
      identifier = BerryMQ::Identifier.parse(self.class.text(row))
      assert_equal row["name"], identifier.name, row.inspect if row["name"]
      assert_equal row["action"], identifier.action, row.inspect if row["action"]
      assert_equal row["namespace"] || "", identifier.namespace, row.inspect
      assert_equal row["local"] || false, identifier.local?, row.inspect
      assert_equal row["reserved"] || false, identifier.reserved?, row.inspect
    end
  end

  def test_refuses_every_invalid_row_of_the_table
    TABLE["invalid"].each do |row|
      assert_raises(BerryMQ::InvalidIdentifier, row.inspect) { BerryMQ::Identifier.parse(self.class.text(row)) }
    end
  end

  def test_matches_as_every_row_of_the_table_says
    TABLE["matching"].each do |row|
      assert_equal row["reaches"], BerryMQ::Identifier.matches?(row["pattern"], row["to"]), row.inspect
      assert_equal row["reaches"], BerryMQ::Identifier.matches?(row["to"], row["pattern"]), "turned round: #{row.inspect}"
    end
  end

  def test_any_text_is_read_or_refused_and_what_is_read_reads_the_same_again
    random = Random.new(Minitest.seed || 1)
    500.times do
      text = Array.new(random.rand(1..8)) { ["a", "b", ":", "@", "*", "_", " ", "é", "\n", "berrymq"].sample(random: random) }.join
      identifier = BerryMQ::Identifier.parse(text)
      again = BerryMQ::Identifier.parse(identifier.canonical)
      assert_equal [identifier.name, identifier.action, identifier.namespace], [again.name, again.action, again.namespace]
      assert BerryMQ::Identifier.matches?(identifier, identifier)
    rescue BerryMQ::InvalidIdentifier => e
      assert_includes e.message, "of #{text.inspect}"
    end
  end

  def test_what_is_no_utf8_is_refused
    ["a\xff:b", "a\xff:b".b, nil, 7].each { |text| assert_raises(BerryMQ::InvalidIdentifier) { BerryMQ::Identifier.parse(text) } }
  end

  def test_a_text_in_another_encoding_means_the_same
    assert_equal "köln", BerryMQ::Identifier.parse("köln:x".encode(Encoding::ISO_8859_1)).name
  end
end
