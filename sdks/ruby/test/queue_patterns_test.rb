# frozen_string_literal: true

# Queues of several patterns, in one process and at a gateway.
require "support"

class QueuePatternsTest < Minitest::Test
  include Support

  SEVERAL = %w[task:* job:*].freeze

  def test_a_queue_of_several_patterns_keeps_what_one_of_them_matches_once
    mq = bus
    work = BerryMQ::Queue.new(["task:*", "job:*", "*:urgent"], name: "work", dedupe: 0, bus: mq)
    reached = %w[task:a job:urgent other:a *:urgent other:urgent].map.with_index { |id, number| mq.publish(id, number).queues }
    assert_equal [1, 1, 0, 1, 1], reached
    assert_equal [0, 1, 3, 4], work.get_many(9).map { |message| message.args.first }
    assert_equal %w[*:urgent job:* task:*], work.patterns
  end

  def test_whoever_names_the_same_patterns_opens_the_same_queue
    mq = bus
    first = mq.queue(SEVERAL, shared: true, name: "work")
    mq.queue(["job", "task:*", "job:*"], shared: true, name: "work")
    assert_raises(BerryMQ::QueueExists) { mq.queue("task:*", shared: true, name: "work") }
    assert_equal first.patterns, mq.queue(name: "work", shared: true).patterns
    assert_empty first.dead.patterns
    first.delete
    assert_empty mq.show_followers
  end

  def test_patterns_that_make_no_queue_are_refused
    mq = bus
    many = Array.new(101) { |number| "t#{number}:*" }
    refusals = { [SEVERAL, nil] => "needs a name", [[], "work"] => "0 of them", [many, "work"] => "101 of them",
                 [["task:*", "_own:*"], "work"] => "_own:*", [nil, "work"] => "shared: true" }
    refusals.each do |(patterns, name), says|
      assert_includes assert_raises(BerryMQ::InvalidArgument) { mq.queue(patterns, name: name) }.message, says
    end
    { ["task:*", "a:b*"] => "b*", ["task:*", 5] => "5", { "a:b" => 1 } => "a:b", [nil] => "nil" }.each do |patterns, says|
      assert_includes assert_raises(BerryMQ::InvalidIdentifier) { mq.queue(patterns, name: "work") }.message, says
    end
    assert_raises(BerryMQ::InvalidArgument) { mq.queue("a:b", patterns: SEVERAL) }
    assert_empty mq.show_followers
  end

  def test_doubles_collapse_to_one_pattern_that_needs_no_name
    mq = bus
    tasks = mq.queue(["task:*", "task"], shared: true)
    assert_equal ["task:*", ["task:*"]], [tasks.name, tasks.patterns]
    mq.queue(Array.new(100) { |number| "t#{number}:*" }, name: "many")
  end

  def test_at_a_gateway_what_two_patterns_match_is_kept_once
    mq = connected
    work = mq.queue(["#{unique}:*", "#{unique}too:*"], name: unique, dedupe: 0)
    reached = ["#{unique}:x", "#{unique}too:x", "#{unique}:*", "#{unique}other:x"].map { |id| mq.publish(id).wait(5).queues }
    assert_equal [1, 1, 1, 0], reached
    assert_equal 3, work.get_many(9, timeout: 5).size
    assert_equal ["#{unique}:*", "#{unique}too:*"], work.patterns
    assert_empty work.dead.patterns
    assert_raises(BerryMQ::InvalidArgument) { mq.queue(SEVERAL) }
  end

  def test_a_queue_that_is_made_again_by_who_said_nothing_of_it_is_as_it_was
    gateway = own_gateway
    mq = bus.connect(gateway.url)
    bounds = { name: "work", shared: true, max_messages: 2, ttl: 600.5, backoff: [2, 4], overflow: :drop_oldest }
    mq.queue(SEVERAL, **bounds)
    buses = [bus.connect("http://#{gateway.url}"), mq]
    takers = buses.map { |each| each.queue(name: "work", shared: true) }
    takers.each { |work| work.tap(&:pause).resume }
    mq.queue(%w[theirs:* theirs-too:*], shared: true, name: "theirs")
    heard = Thread::Queue.new
    mq.regist_function("theirs:*", queue: "theirs") { |message| heard << message.id }
    gateway.stop(:KILL)
    own_gateway(port: gateway.port)
    buses.each { |each| each.publish("other:x").wait(20) }
    takers.each { |work| eventually(30) { there?(work) } }
    assert_equal([1, 1], %w[task:x job:x].map { |id| mq.publish(id).wait(5).queues })
    assert takers.all?(&:full?)
    assert_equal SEVERAL.sort, mq.queue(SEVERAL, **bounds).patterns
    assert_raises(BerryMQ::QueueExists) { mq.queue("task:*", shared: true, name: "work") }
    eventually(30) { mq.publish("theirs-too:x").wait(20).queues == 1 }
    assert_equal "theirs-too:x", heard.pop
  end

  # A connection may be found lost by the very call that needs it.
  def there?(queue)
    queue.empty?
  rescue BerryMQ::Unavailable
    false
  end

  def test_a_handler_is_fed_from_a_queue_that_others_made
    [bus, connected].each do |mq|
      work = mq.queue(["#{unique}:*", "#{unique}too:*"], shared: true, name: unique)
      heard = Thread::Queue.new
      mq.regist_function("#{unique}:*", queue: unique) { |message| heard << message.id }
      mq.publish("#{unique}too:x").wait(5)
      assert_equal "#{unique}too:x", heard.pop
      assert_raises(BerryMQ::QueueExists) { mq.regist_function("#{unique}:*", queue: unique, queue_options: { lease: 7 }) { 1 } }
      work.delete
    end
  end
end
