# frozen_string_literal: true

# Buses joined by a real gateway.
require "support"
require "timeout"

class GatewayTest < Minitest::Test
  include Support

  def test_both_sides_hear_each_other_once
    a = connected("a")
    b = connected("b")
    heard = Thread::Queue.new
    [a, b].each_with_index do |mq, index|
      mq.regist_function("#{unique}:*") { |message| heard << [index, message.args.first, message.sender] }
    end
    [a, b].each(&:flush)
    assert_equal 2, a.publish("#{unique}:x", 1).wait(5).followers
    assert_equal 2, b.publish("#{unique}:x", 2).wait(5).followers
    got = Array.new(4) { heard.pop }
    assert_equal [[0, 1, "a"], [0, 2, "b"], [1, 1, "a"], [1, 2, "b"]], got.sort
    [a, b].each { |mq| mq.publish("#{unique}:end").wait(5) }
    assert_equal 4, Array.new(4) { heard.pop }.count { |_, value, _| value.nil? }
  end

  def test_the_order_of_a_publisher_is_kept_over_many_batches
    a = connected
    b = connected
    stream = b.follow("#{unique}:*", max_messages: 20_000)
    b.flush
    receipt = a.publish_many(Array.new(10_000) { |number| ["#{unique}:x", number] }).wait(20)
    assert_equal 10_000, receipt.followers
    assert_equal (0...10_000).to_a, stream.first(10_000).map { |message| message.args.first }
  end

  def test_local_names_stay_at_home
    a = connected
    b = connected
    heard = b.follow("_#{unique}:x")
    everything = b.follow("*@#{unique}:x")
    b.flush
    assert_equal 0, a.publish("_#{unique}:x", 1).wait(5).followers
    assert_equal 1, a.publish("*@#{unique}:x").wait(5).followers
    assert_equal "*@#{unique}:x", everything.get(timeout: 5).id
    assert_nil heard.get(timeout: 0)
  end

  def test_asks_cross_processes_and_fail_at_once_with_nobody
    a = connected
    b = connected
    b.on_error { |*| }
    b.regist_function("#{unique}:add") { |message| message.args.sum }
    b.regist_function("#{unique}:fail") { raise ArgumentError, "spoilt" }
    b.flush
    assert_equal 3, a.ask("#{unique}:add", 1, 2)
    assert_equal [3], a.ask_many("#{unique}:add", 1, 2).to_a
    error = assert_raises(BerryMQ::HandlerFailed) { a.ask("#{unique}:fail") }
    assert_equal ["ArgumentError", "spoilt"], [error.class_name, error.text]
    assert_raises(BerryMQ::NoFollowers) { a.ask("#{unique}:nobody") }
    assert_raises(BerryMQ::NoFollowers) { a.ask_many("#{unique}:nobody").to_a }
  end

  def test_a_handler_may_publish_ask_and_wait
    a = connected
    b = connected
    b.regist_function("#{unique}:inner") { |message| message.args.first * 2 }
    b.flush
    a.regist_function("#{unique}:outer") { |message| a.publish("#{unique}:told").wait(5) && a.ask("#{unique}:inner", message.args.first) }
    a.flush
    assert_equal 42, b.ask("#{unique}:outer", 21)
  end

  def test_asks_that_go_in_a_circle_are_told_the_way_out
    a = connected
    b = connected
    [a, b].each { |mq| mq.on_error { |*| } }
    a.regist_function("#{unique}:one") { |_| a.within(0.3).ask("#{unique}:two") }
    b.regist_function("#{unique}:two") { |_| b.within(5).ask("#{unique}:three") }
    a.regist_function("#{unique}:three") { 3 }
    [a, b].each(&:flush)
    assert_includes assert_raises(BerryMQ::HandlerFailed) { b.ask("#{unique}:one") }.text, "set_multiplicity(n) has handlers run"
    [a, b].each { |mq| mq.set_multiplicity(2) }
    a.regist_function("#{unique}:again") { |_| a.within(10).ask("#{unique}:two") }
    a.flush
    assert_equal 3, b.ask("#{unique}:again")
  end

  # In the main thread, as tests are: no other hears signals.
  def test_a_signal_and_a_timeout_end_what_waits_and_leave_nothing_behind
    a = connected
    b = connected
    b.regist_function("#{unique}:slow") { |_| @gate.pop }
    b.flush
    @gate = Thread::Queue.new
    queue = a.queue("#{unique}:x")
    assert_raises(Timeout::Error) { Timeout.timeout(0.1) { queue.get } }
    before = trap("USR2") { raise Interrupt }
    waits = [-> { queue.get(timeout: 15) }, -> { a.within(15).ask("#{unique}:slow") }]
    waits.each { |wait| assert_operator seconds_until_interrupted(&wait), :<, 10 }
    a.publish("#{unique}:x", 1).wait(5)
    assert_equal [1], queue.get(timeout: 10).args
  ensure
    trap("USR2", before || "DEFAULT")
    @gate << 1
  end

  def seconds_until_interrupted(&wait)
    main = Thread.current
    signalling = Thread.new do
      eventually { main.status == "sleep" }
      Process.kill("USR2", Process.pid)
    end
    began = BerryMQ::Clock.now
    assert_raises(Interrupt, &wait)
    signalling.join
    BerryMQ::Clock.now - began
  end

  # As ActiveSupport's durations: whatever is reckoned with them is one again.
  class Span < Numeric
    include Comparable
    attr_reader :to_f

    def initialize(seconds)
      super()
      @to_f = seconds.to_f
    end

    def coerce(other) = [Span.new(other), self]

    def +(other) = Span.new(to_f + other.to_f)

    def -(other) = Span.new(to_f - other.to_f)

    def <=>(other) = to_f <=> other.to_f
  end

  def test_durations_are_seconds
    a = connected
    queue = a.queue("#{unique}:*", lease: Span.new(30), backoff: [Span.new(1), Span.new(2)])
    assert_nil queue.get(timeout: Span.new(0.01))
    assert_raises(BerryMQ::NoFollowers) { a.within(Span.new(5)).ask("other#{unique}:x") }
    a.publish("#{unique}:x", 1).wait(Span.new(5))
    assert_equal [1], queue.get(timeout: Span.new(5)).args
  end

  def test_closing_a_queue_or_a_bus_tells_those_who_wait_there
    a = connected
    b = connected
    gate = Thread::Queue.new
    b.regist_function("#{unique}:slow") { |_| gate.pop }
    b.flush
    own, other, shared = [false, false, true].map { |share| a.queue("#{unique}:#{share}", shared: share) }
    popping = [own, shared].map { |queue| Thread.new { queue.pop } }
    waits = [-> { other.get }, -> { a.ask("#{unique}:slow") }]
    waiting = waits.map { |wait| Thread.new { assert_raises(BerryMQ::Closed, &wait) } }
    eventually { [own, shared, other].sum(&:num_waiting) == 3 && waiting.all? { |thread| thread.status == "sleep" } }
    own.close
    assert_nil popping.first.value
    a.close
    assert_nil popping.last.value
    waiting.each(&:value)
    gate << 1
  end

  def test_a_queue_at_the_gateway_is_shared
    a = connected
    b = connected
    queue = a.queue("#{unique}:*", shared: true, lease: 30)
    other = b.queue("#{unique}:*", shared: true, lease: 30)
    assert_equal 1, b.publish("#{unique}:x", 1).wait(5).queues
    delivery = queue.get(auto_ack: false, timeout: 5)
    assert_equal [1, [1]], [delivery.attempt, delivery.message.args]
    assert_predicate other, :empty?
    delivery.retry(delay: 0)
    assert_equal 2, other.get(auto_ack: false, timeout: 5).tap(&:ack).attempt
    told = assert_raises(BerryMQ::QueueExists) { a.queue("#{unique}:*", shared: true, lease: 31) }
    assert_includes told.message, "(lease: 30 s there, 31 s asked)"
    assert_equal ["#{unique}:*"], b.queue(name: "#{unique}:*", shared: true, max_attempts: 10).patterns
    queue.delete
    assert_raises(BerryMQ::QueueNotFound) { other.qsize }
  end

  def test_consuming_gets_what_comes_pushed
    a = connected
    queue = a.queue("#{unique}:*")
    a.publish_many(Array.new(300) { |number| ["#{unique}:x", number] }).wait(5)
    values = queue.consume(credit: 10).lazy.map { |delivery| delivery.tap(&:ack).message.args.first }.first(300)
    assert_equal (0...300).to_a, values
    eventually { queue.status.then { |status| status.ready.zero? && status.leased.zero? } }
    queue.close
  end

  def test_options_of_queues_and_messages_hold_at_the_gateway
    a = connected
    queue = a.queue("#{unique}:*", transient: true, ttl: 60, delay: 0, dedupe: 0, standalone_ttl: 5, policy: "round_robin")
    a.publish_many([0, 9].map { |priority| BerryMQ::Message.new("#{unique}:x", priority).with(priority: priority) }).wait(5)
    assert_equal [[9], [0]], queue.get_many(5).map(&:args)
    sent = BerryMQ::Message.new("#{unique}:x", "ä").with(delay: 0.05)
    a.publish(sent).wait(5)
    assert_equal 1, queue.status.delayed
    assert_equal sent.checksum, queue.get(timeout: 5).checksum
  end

  def test_dead_letters_go_back_from_the_gateway_s_queue
    a = connected
    queue = a.queue("#{unique}:*", shared: true)
    3.times { |number| a.publish("#{unique}:x", number).wait(5) }
    queue.get_many(3, auto_ack: false).each { |delivery| delivery.reject("spoilt") }
    assert_equal 2, queue.dead.redrive(max: 2, rate: 1000)
    assert_equal 1, queue.dead.redrive
    assert_equal 3, queue.qsize
  end

  def test_what_the_gateway_refuses_is_raised_by_wait_and_told_where_nobody_waits
    a = connected
    told = []
    a.on_error { |error, *| told << error.class }
    queue = a.queue("#{unique}:*", max_messages: 1)
    a.publish("#{unique}:x").wait(5)
    assert_raises(BerryMQ::QueueFull) { a.publish("#{unique}:x").wait(5) }
    2.times { a.publish("#{unique}:x") }
    a.flush
    assert_equal 1, queue.qsize
    a.close
    assert_equal [BerryMQ::QueueFull] * 2, told
  end

  def test_a_follower_that_is_gone_is_followed_no_more_at_the_gateway
    a = connected
    b = connected
    following = b.regist_function("#{unique}:x") { 1 }
    b.flush
    assert_equal 1, a.publish("#{unique}:x").wait(5).followers
    following.unfollow
    b.flush
    assert_equal 0, a.publish("#{unique}:x").wait(5).followers
  end

  def test_a_gateway_that_is_not_there_is_said_in_time
    mq = bus
    before = BerryMQ::Clock.now
    error = assert_raises(BerryMQ::Unavailable) { mq.connect("127.0.0.1:1", timeout: 0.5) }
    assert_includes error.message, "127.0.0.1:1"
    assert_operator BerryMQ::Clock.now - before, :<, 3
    assert_equal 0, mq.publish("a:b").followers
    assert_raises(BerryMQ::InvalidArgument) { mq.connect("no port") }
    assert_raises(BerryMQ::InvalidArgument) { mq.connect("127.0.0.1:1", ident: "a\nb") }
  end

  def test_far_more_than_the_credit_passes
    a = connected
    b = connected
    heard = Thread::Queue.new
    b.regist_function("#{unique}:x") { |message| heard << message.args.first.bytesize }
    b.flush
    24.times { a.publish("#{unique}:x", "x".b * (1 << 20)).wait(10) }
    assert_equal [1 << 20] * 24, Array.new(24) { heard.pop }
  end

  def test_a_program_that_ends_right_after_a_publish_has_published
    queue = connected.queue("#{unique}:*", shared: true)
    program = "BerryMQ.connect(ARGV[0]); 100.times { |number| BerryMQ.twitter('#{unique}:x', number) }"
    system(RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, "-rberrymq", "-e", program, Support::Gateway.shared.url, exception: true)
    assert_equal 100, queue.qsize
    queue.delete
  end

  def test_closing_ends_every_thread_and_is_idempotent
    mq = connected
    mq.publish("#{unique}:x")
    2.times { mq.close }
    eventually { Thread.list.none? { |thread| thread.name.to_s.match?(/berrymq-(link|dispatch|answers|publish|follow)/) } }
    assert_raises(BerryMQ::Closed) { mq.publish("#{unique}:x") }
  end
end
