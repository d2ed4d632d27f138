# frozen_string_literal: true

# The router finds what matching one by one finds, in order of registration.
require "support"

class RouterTest < Minitest::Test
  Entry = Struct.new(:identifier, :order, :kind, :alive) do
    def alive? = alive != false
  end
  NAMES = %w[a b * berrymq].freeze
  ACTIONS = %w[x y *].freeze

  def test_it_finds_what_one_by_one_matching_finds
    random = Random.new(Minitest.seed || 1)
    30.times do
      router = BerryMQ::Router.new
      entries = Array.new(random.rand(1..20)) { |order| Entry.new(any(random), order, :handler) }
      entries.each { |entry| router.add(entry) }
      entries = entries.reject { |entry| random.rand < 0.2 && router.remove(entry) }
      20.times { compare(router, entries, any(random)) }
    end
  end

  def compare(router, entries, identifier)
    expected = entries.select { |entry| entry.identifier.meets?(identifier) }
    assert_equal expected, router.route(identifier).handlers, identifier.inspect
  end

  def any(random)
    namespace = random.rand < 0.3 ? "@n" : ""
    BerryMQ::Identifier.parse("#{NAMES.sample(random: random)}#{namespace}:#{ACTIONS.sample(random: random)}")
  end

  def test_many_patterns_cost_one_message_no_more_than_few
    few, many = [10, 100_000].map { |count| router_of(count) }
    identifier = BerryMQ::Identifier.parse("name5:run")
    costs = [few, many].map { |router| cost { 20_000.times { router.route(identifier) } } }
    assert_operator costs[1], :<, (costs[0] * 10) + 0.05
  end

  def router_of(count)
    BerryMQ::Router.new.tap do |router|
      count.times { |order| router.add(Entry.new(BerryMQ::Identifier.new("name#{order}:run"), order, :handler)) }
    end
  end

  def test_what_died_unseen_is_let_go_of_as_the_number_grows
    router = BerryMQ::Router.new
    pattern = BerryMQ::Identifier.parse("a:x")
    2000.times { |order| router.add(Entry.new(pattern, order, :handler, order.zero?)) }
    assert_operator router.entries.size, :<, 200
    assert_equal 0, router.entries.first.order
  end

  def test_removing_many_of_one_pattern_costs_each_the_same
    costs = [500, 10_000].map do |count|
      router = BerryMQ::Router.new
      entries = Array.new(count) { |order| Entry.new(BerryMQ::Identifier.parse("a:x"), order, :handler) }
      entries.each { |entry| router.add(entry) }
      cost { entries.each { |entry| assert router.remove(entry) } } / count
    end
    refute BerryMQ::Router.new.remove(Entry.new(BerryMQ::Identifier.parse("a:x"), 0, :handler))
    assert_operator costs[1], :<, (costs[0] * 10) + 0.0001
  end

  def cost
    before = BerryMQ::Clock.now
    yield
    BerryMQ::Clock.now - before
  end
end
