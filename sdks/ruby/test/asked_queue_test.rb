# frozen_string_literal: true

# Queues of a process by name: opened as they are; and their dead letters, moved back one by one.
require "support"

class AskedQueueTest < Minitest::Test
  include Support

  def test_what_is_not_said_is_not_compared
    mq = bus
    mq.queue("task:*", shared: true, name: "jobs", max_messages: 5, backoff: [2, 4], dedupe: 0, overflow: :drop_oldest)
    opened = mq.queue(name: "jobs", shared: true)
    mq.queue("task", shared: true, name: "jobs", max_messages: 5, backoff: [2.0, 4.0], delay: 0)
    mq.publish("task:a", 1)
    assert_equal [["task:*"], [1]], [opened.patterns, opened.get.args]
  end

  def test_what_is_said_and_otherwise_there_is_refused_and_named
    mq = bus
    mq.queue(name: "jobs", shared: true, lease: 5)
    told = assert_raises(BerryMQ::QueueExists) { mq.queue("task:*", shared: true, name: "jobs", lease: 6, ttl: 60, max_attempts: 10) }
    assert_includes told.message, "(patterns: jobs:* there, task:* asked; lease: 5 s there, 6 s asked; ttl: none there, 60 s asked)"
    assert_includes told.message, "leave out what may be as it is"
  end

  def test_a_queue_that_is_only_named_is_made_with_that_name
    mq = bus
    assert_equal ["jobs:*"], mq.queue(name: "jobs", shared: true).patterns
    assert_equal 1, mq.publish("jobs:a").queues
    assert_includes assert_raises(BerryMQ::InvalidArgument) { mq.queue(name: "a:*", shared: true) }.message, "give one"
    [{}, { name: "jobs" }, { shared: true }].each do |said|
      assert_includes assert_raises(BerryMQ::InvalidArgument) { mq.queue(**said) }.message, "without a pattern"
    end
  end

  def test_dead_letters_go_back_by_their_ids_and_the_others_keep_their_places
    mq = bus
    tasks = mq.queue("task:*", max_messages: 3)
    ids = (0..2).map { |number| mq.publish("task:a", number).message_id }
    3.times { tasks.get(auto_ack: false).reject }
    assert_equal 0, tasks.dead.redrive(message_ids: [])
    assert_equal 1, tasks.dead.redrive(message_ids: [ids[1], "nobody"], rate: 1)
    assert_equal [[1], [0, 2]], [tasks.get_many(3), tasks.dead.peek(max: 3)].map { |all| all.map { |message| message.args.first } }
    mq.publish_many([["task:b"]] * 3)
    assert_raises(BerryMQ::QueueFull) { tasks.dead.redrive(message_ids: ids) }
    assert_equal [2, 0], tasks.dead.status.then { |status| [status.ready, status.leased] }
    assert_raises(BerryMQ::InvalidArgument) { tasks.dead.redrive(message_ids: ids.first) }
  end

  def test_dead_letters_are_opened_by_their_name
    mq = bus
    jobs = mq.queue(name: "jobs", shared: true)
    letters = mq.queue(name: "jobs.dead", shared: true)
    mq.publish("jobs:a")
    jobs.get(auto_ack: false).reject
    assert_equal [[], 1, 1], [letters.patterns, letters.redrive, jobs.qsize]
  end
end
