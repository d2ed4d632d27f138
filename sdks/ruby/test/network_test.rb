# frozen_string_literal: true

# `show_network`: who sends what to whom, as a diagram.
require "support"

class NetworkTest < Minitest::Test
  include Support

  # The diagram without its nodes' names and shapes: [from, label, to] of each arrow.
  def arrows(text)
    labels = text.scan(/^ {2}(n\d+) \[label="(.*)", shape=/).to_h
    text.scan(/^ {2}(n\d+) -> (n\d+)(?: \[label="(.*)"\])?;/).map { |from, to, label| [labels[from], label, labels[to]] }
  end

  def small_network(mq)
    @line = __LINE__
    mq.regist_function("app:*", ->(message) { message })
    mq.follow("app:log").tap { |stream| (@kept ||= []) << stream }
    @kept << BerryMQ::Queue.new("task:*", name: "tasks", bus: mq)
    mq.publish("app:log")
    mq.publish("app:log")
  end

  def test_places_identifiers_followers_streams_and_queues
    mq = bus
    small_network(mq)
    here = "test/network_test.rb:"
    assert_equal [["#{here}#{@line + 4}", nil, "app:log"], ["#{here}#{@line + 5}", nil, "app:log"],
                  ["app:log", "app:*", "lambda #{here}#{@line + 1}"], ["app:log", "app:log", "stream #{here}#{@line + 2}"],
                  ["task:*", "task:*", "queue tasks"]], arrows(mq.show_network)
  end

  def test_it_is_a_whole_digraph_and_equal_for_equal_programs
    one, other = Array.new(2) { bus.tap { |mq| small_network(mq) } }
    assert_equal one.show_network, other.show_network
    assert_match(/\Adigraph berrymq \{\n.*\}\n\z/m, one.show_network)
    assert_equal one.show_network("mermaid"), other.show_network("mermaid")
  end

  def test_mermaid
    mq = bus
    mq.regist_function("a:x", method(:arrows))
    assert_equal <<~TEXT, mq.show_network("mermaid").gsub(/rb:\d+/, "rb:1")
      flowchart LR
        n1(["a:x"])
        n2["NetworkTest#35;arrows test/network_test.rb:1"]
        n1 -->|"a:x"| n2
    TEXT
    assert_match(/"dot" or "mermaid"/, assert_raises(BerryMQ::InvalidArgument) { mq.show_network("png") }.message)
  end

  def test_labels_are_escaped
    mq = bus
    stream = mq.follow("a \"b\\:x")
    assert_includes mq.show_network, 'label="a \"b\\\\:x"'
    assert_includes mq.show_network("mermaid"), "a #34;b"
    stream.close
  end

  def test_handlers_of_queues_hang_on_their_queues
    mq = bus
    handler = ->(message) { message }
    mq.regist_function("task:*", handler, queue: "work")
    mq.publish("task:x")
    assert_equal [["task:x", "task:*", "queue work"], ["queue work", nil, "lambda test/network_test.rb:#{handler.source_location.last}"]],
                 arrows(mq.show_network).drop(1)
  end

  def test_a_queue_at_the_gateway_is_shown_until_it_is_closed
    mq = connected
    queue = mq.queue("#{unique}:*", name: "#{unique}-far")
    assert_includes arrows(mq.show_network), ["#{unique}:*", "#{unique}:*", "queue #{unique}-far"]
    queue.close
    refute_includes mq.show_network, "far"
  end

  def test_answers_come_from_nobody_knows_where
    mq = BerryMQ::Bus.new(ident: "alice")
    mq.regist_function("a:x", &:id)
    mq.talk("a:x", "a:y")
    assert_includes arrows(mq.show_network), ["alice", nil, "a:y"]
  ensure
    mq.close
  end

  def test_a_second_place_is_found_though_the_first_published_much_and_a_thousand_identifiers_are_remembered
    mq = bus
    500.times { mq.publish("a:x") }
    256.times { mq.publish("a:x") }
    assert_equal 2, arrows(mq.tap { |one| one.regist_function("a:x") { nil } }.show_network).count { |_, _, to| to == "a:x" }
    1100.times { |number| mq.publish("many:#{number}") }
    assert_equal 1000, arrows(mq.show_network).count { |_, label, _| label.nil? }
  end
end
