# frozen_string_literal: true

# Pipelines: talks over several identifiers, in one process and over a gateway.
require "support"

class PipelineTest < Minitest::Test
  include Support

  def self.test_in_both(name, &body)
    define_method("test_#{name}_in_the_process") { instance_exec(bus, &body) }
    define_method("test_#{name}_at_a_gateway") { instance_exec(connected, &body) }
  end

  # Identifiers of this test.
  def at(action) = "#{unique}:#{action}"

  def heard_by(bus, *actions)
    Thread::Queue.new.tap { |heard| actions.each { |action| bus.regist_function(at(action)) { |message| heard << message } } }
  end

  def add_one(bus, action) = bus.regist_function(at(action)) { |message| message.args.first + 1 }

  test_in_both("each_result_goes_on_and_the_last_is_told") do |mq|
    %w[a b c].each { |action| add_one(mq, action) }
    told = heard_by(mq, "z")
    mq.flush
    receipt = mq.pipeline(at("a"), at("b"), at("c"), at("z")).talk(1)
    message = told.pop
    assert_equal [[4], nil, 3], [message.args, message.reply_to, message.hops]
    assert_equal [receipt.message_id, "4", "[]"], message.attributes.values_at("berrymq-pipeline", "berrymq-hop", "berrymq-route")
  end

  test_in_both("asking_gives_the_answer_of_the_last") do |mq|
    %w[a b z].each { |action| add_one(mq, action) }
    mq.flush
    assert_equal 4, mq.pipeline(at("a"), at("b"), at("z")).ask(1)
    assert_equal 3, mq.pipeline(at("a"), at("z")).ask(1)
    assert_equal 3, mq.show_followers.size
  end

  test_in_both("what_a_handler_raises_goes_to_errors_and_the_other_answers_go_on") do |mq|
    mq.on_error { |*| }
    add_one(mq, "a")
    mq.regist_function(at("b")) { raise ArgumentError, "spoilt" }
    add_one(mq, "b")
    errors = heard_by(mq, "errors")
    told = heard_by(mq, "z")
    mq.flush
    mq.pipeline(at("a"), at("b"), at("z"), errors: at("errors")).talk(1)
    failure = errors.pop
    assert_equal [3], told.pop.args
    assert_equal ["ArgumentError", "spoilt"], failure.failure.to_a
    assert_equal ["2", at("b")], failure.attributes.values_at("berrymq-hop", "berrymq-at")
    error = assert_raises(BerryMQ::HandlerFailed) { mq.pipeline(at("b"), at("z")).ask("no number") }
    assert_includes %w[ArgumentError TypeError], error.class_name
  end

  test_in_both("nobody_there_is_told_and_asking_fails_at_once") do |mq|
    add_one(mq, "a")
    errors = heard_by(mq, "errors")
    mq.flush
    mq.pipeline(at("a"), at("gone"), at("z"), errors: at("errors")).talk(1)
    failure = errors.pop
    assert_equal "NoFollowers", failure.failure.class_name
    assert_equal ["2", at("gone")], failure.attributes.values_at("berrymq-hop", "berrymq-at")
    assert_raises(BerryMQ::NoFollowers) { mq.pipeline(at("a"), at("gone"), at("z")).ask(1) }
    assert_raises(BerryMQ::NoFollowers) { mq.pipeline(at("gone"), at("z"), errors: at("errors")).ask(1) }
    assert_raises(BerryMQ::NoFollowers) { mq.pipeline(at("a"), at("z")).ask(1) }
  end

  test_in_both("every_hops_result_is_told") do |mq|
    %w[a b].each { |action| add_one(mq, action) }
    results = heard_by(mq, "results")
    heard_by(mq, "z")
    mq.flush
    id = mq.pipeline(at("a"), at("b"), at("z"), results: at("results")).talk(1).message_id
    assert_equal [[[2], { pipeline: id, hop: 1, of: 2, at: at("a") }], [[3], { pipeline: id, hop: 2, of: 2, at: at("b") }]],
                 Array.new(2) { results.pop.then { |message| [message.args, message.kwargs] } }
  end

  test_in_both("the_whole_ends_by_its_deadline") do |mq|
    add_one(mq, "a")
    mq.regist_function(at("slow")) { |message| eventually { message.expired? } }
    errors = heard_by(mq, "errors")
    told = heard_by(mq, "z")
    mq.flush
    mq.pipeline(at("a"), at("slow"), at("z"), errors: at("errors"), deadline: 0.05).talk(1)
    assert_equal "Timeout", errors.pop.failure.class_name
    assert_raises(BerryMQ::Timeout) { mq.pipeline(at("slow"), at("z"), deadline: 0.05).ask(1) }
    assert_empty told
  end

  def test_hops_run_in_several_processes
    a = connected
    b = connected
    add_one(a, "a")
    add_one(b, "b")
    add_one(a, "c")
    told = heard_by(b, "z")
    [a, b].each(&:flush)
    path = %w[a b c z].map { |action| at(action) }
    bus.connect(shared_url).pipeline(*path).talk(1)
    assert_equal [4], told.pop.args
    add_one(b, "z")
    b.flush
    assert_equal 4, a.pipeline(*path.first(3)).ask(1)
    assert_equal 3, b.pipeline(at("a"), at("b")).ask(1)
  end

  def test_a_hop_may_be_fed_from_a_queue
    mq = bus
    mq.regist_function(at("a"), queue: "work") { |message| message.args.first + 1 }
    add_one(mq, "z")
    assert_equal 3, mq.pipeline(at("a"), at("z")).ask(1)
  end

  def test_a_result_that_cannot_travel_is_told
    mq = connected
    mq.regist_function(at("a")) { Object.new }
    errors = heard_by(mq, "errors")
    heard_by(mq, "z")
    mq.flush
    mq.pipeline(at("a"), at("z"), errors: at("errors")).talk
    assert_equal "NotEncodable", errors.pop.failure.class_name
  end

  def test_used_up_hops_are_told
    mq = bus
    reported = []
    mq.on_error { |error, *| reported << error.class }
    add_one(mq, "a")
    errors = heard_by(mq, "errors")
    attributes = { "berrymq-pipeline" => "x", "berrymq-hop" => "7", "berrymq-route" => "[]", "berrymq-errors" => at("errors") }
    mq.publish(BerryMQ::Message.new(at("a"), 1).with(reply_to: at("z"), hops: 100, attributes: attributes))
    assert_equal ["HopLimit", "7"], errors.pop.then { |message| [message.failure.class_name, message.attributes["berrymq-hop"]] }
    assert_empty reported
  end

  test_in_both("what_went_wrong_and_nobody_hears_of_is_reported") do |mq|
    reported = Thread::Queue.new
    mq.on_error { |error, message, _| reported << [error.class, message.id] }
    add_one(mq, "a")
    mq.flush
    mq.pipeline(at("a"), at("gone"), at("z")).talk(1)
    assert_equal [BerryMQ::NoFollowers, at("gone")], reported.pop
  end

  test_in_both("answers_after_the_first_trouble_nobody") do |mq|
    mq.on_error { |error, *| flunk error.message }
    errors = heard_by(mq, "errors")
    3.times { add_one(mq, "z") }
    add_one(mq, "a")
    mq.flush
    assert_equal 3, mq.pipeline(at("a"), at("z"), errors: at("errors")).ask(1)
    mq.flush
    assert_empty errors
  end

  def test_attributes_that_tell_nonsense_are_reported
    mq = bus
    reported = []
    mq.on_error { |error, *| reported << error }
    add_one(mq, "a")
    mq.publish(BerryMQ::Message.new(at("a"), 1).with(reply_to: at("z"), attributes: { "berrymq-pipeline" => "x", "berrymq-route" => "5" }))
    assert_equal [BerryMQ::MalformedMessage], reported.map(&:class)
  end

  def test_with_two_identifiers_it_is_a_talk
    mq = bus
    add_one(mq, "a")
    told = heard_by(mq, "z")
    mq.pipeline(at("a"), at("z")).talk(1)
    assert_equal [[2], {}], told.pop.then { |message| [message.args, message.attributes] }
  end

  def test_what_it_does_not_take_is_named
    mq = bus
    assert_includes assert_raises(BerryMQ::InvalidArgument) { mq.pipeline("a:b") }.message, "2 to 100"
    assert_raises(BerryMQ::InvalidArgument) { mq.pipeline(*(["a:b"] * 101)) }
    assert_includes assert_raises(BerryMQ::InvalidArgument) { mq.pipeline("a:b", "_c:d") }.message, "_c:d"
    assert_raises(BerryMQ::InvalidArgument) { mq.pipeline("a:b", "c:d", errors: "_e:f") }
    assert_raises(BerryMQ::InvalidArgument) { mq.pipeline("a:b", "c:d", deadline: 0) }
    assert_raises(BerryMQ::ReservedIdentifier) { mq.pipeline("a:b", "berrymq:drop") }
    assert_raises(BerryMQ::InvalidIdentifier) { mq.pipeline("a:b", "te*t:x") }
  end
end
