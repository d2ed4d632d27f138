# frozen_string_literal: true

# What a handler's parameters say about what it is called with.
require "support"

class ParametersTest < Minitest::Test
  include Support

  class Account
    def pay(message, amount:, currency: "EUR") = [message.action, amount, currency]

    def note(amount:, **others) = [amount, others]

    def tick = nil

    def two(first, second) = [first, second]
  end

  # What a handler returns when it is asked with these kwargs.
  def asked(handler, **kwargs)
    mq = bus
    handler.is_a?(Method) ? mq.regist_method("a:b", handler) : mq.regist_function("a:b", handler)
    mq.ask("a:b", **kwargs)
  end

  def test_keyword_parameters_of_methods_get_the_kwargs_of_those_names
    account = Account.new
    assert_equal ["b", 5, "EUR"], asked(account.method(:pay), amount: 5, other: 1)
    assert_equal ["b", 5, "USD"], asked(account.method(:pay), amount: 5, currency: "USD")
  end

  def test_the_rest_gets_the_others_and_keywords_alone_need_no_message
    account = Account.new
    assert_equal [5, { other: 1 }], asked(account.method(:note), amount: 5, other: 1)
  end

  def test_keyword_parameters_of_lambdas_procs_and_blocks_too
    assert_equal 3, asked(->(_message, level:) { level }, level: 3)
    assert_equal [3, nil], asked(proc { |_message, level:, text: nil| [level, text] }, level: 3)
    mq = bus
    mq.regist_function("a:b") { |message, level: 1, **rest| [message.id, level, rest] }
    assert_equal ["a:b", 1, { more: 2 }], mq.ask("a:b", more: 2)
  end

  def test_a_callable_object_is_asked_for_its_call
    callable = Class.new { def call(_message, level:) = level }.new
    assert_equal 4, asked(callable, level: 4)
  end

  def test_blocks_are_as_lenient_as_ruby_is
    mq = bus
    mq.regist_function("a:b") { |message, nothing| [message.id, nothing] }
    assert_equal ["a:b", nil], mq.ask("a:b")
  end

  def test_what_cannot_be_called_with_a_message_is_refused_with_its_name_and_place
    mq = bus
    account = Account.new
    { ->(_first, _second) {} => %r{\Alambda \(test/parameters_test\.rb:\d+\) takes 2 arguments; a handler is called with one message},
      -> {} => /takes no arguments/, ->(_a, _b, *_c) {} => /takes at least 2 arguments/,
      account.method(:tick) => /\AParametersTest::Account#tick \(.*parameters_test\.rb:\d+\) takes no arguments/ }.each do |handler, said|
      assert_match(said, assert_raises(BerryMQ::InvalidArgument) { mq.regist_function("a:b", handler) }.message)
    end
    error = assert_raises(BerryMQ::InvalidArgument) { mq.regist_method("a:b", account.method(:two)) }
    assert_match(/#two .* takes 2 arguments/, error.message)
    error = assert_raises(BerryMQ::InvalidArgument) { mq.regist_function("a:b", ->(_) {}, guard: -> { true }) }
    assert_match(/\Athe guard \(.*parameters_test\.rb:\d+\) takes no arguments/, error.message)
    assert_empty mq.show_followers
    mq.regist_function("a:b", ->(_) { 1 }, guard: ->(*args, **kwargs) { kwargs.empty? && args.size == 1 })
    assert_equal 1, mq.ask("a:b")
  end

  def test_what_would_be_passed_over_in_silence_is_refused
    mq = bus
    guards = { regist_function: -> { mq.regist_function("a:b", ->(_) {}, guard: ->(_, width:) { width }) },
               cond: -> { mq.cond("a:b") { |_, width: 1| width } } }
    guards.each_value { |wrong| assert_match(/the guard .* takes keywords/, assert_raises(BerryMQ::InvalidArgument, &wrong).message) }
    twice = { regist_function: ["a:b"], auto_twitter: ["a:b"], twitter_exception: ["a:b"], cond: ["a:b"], on_error: [] }
    twice.each do |call, args|
      options = call == :cond ? { guard: ->(_) {} } : {}
      call_it = -> { mq.public_send(call, *args, *(->(*) {} unless call == :cond), **options) { |*| } }
      error = assert_raises(BerryMQ::InvalidArgument, call, &call_it)
      assert_match(/and a block; it calls one/, error.message)
    end
    assert_empty mq.show_followers
  end

  def test_the_line_of_a_class_is_refused_when_an_object_is_made
    following = Class.new do
      include BerryMQ::Follower

      following("params:x")
      def nothing = nil
    end
    assert_match(/#nothing .* takes no arguments/, assert_raises(BerryMQ::InvalidArgument) { following.new }.message)
  end

  def test_a_missing_keyword_is_a_reject_that_names_handler_and_field
    mq = bus
    errors = []
    mq.on_error { |error, _, _| errors << error }
    called = false
    mq.regist_function("a:b", ->(_message, level:) { called = level })
    mq.publish("a:b", lewel: 3)
    assert_kind_of BerryMQ::Reject, errors.first
    assert_match(%r{lambda \(test/parameters_test\.rb:\d+\) needs the keyword level, which a:b does not carry}, errors.first.why)
    refute called
  end

  def test_a_durable_message_that_does_not_fit_is_a_dead_letter
    mq = bus
    mq.regist_function("a:b", ->(_message, level:) { level }, queue: "fit")
    queue = BerryMQ::Queue.new("a:b", shared: true, name: "fit", bus: mq)
    mq.publish("a:b")
    assert_match(/needs the keyword level/, queue.dead.get(timeout: 10).attributes["berrymq-dead-reason"])
  end

  def test_callbacks_are_looked_at_too
    mq = bus
    { on_error: "(error, message, handler)", on_recv: "(ident, message)", on_drop: "(ident, message_id)", on_connect: "(ident)",
      on_disconnect: "(ident)" }.each do |name, given|
      error = assert_raises(BerryMQ::InvalidArgument) { mq.public_send(name, -> {}) }
      assert_match(/\Athe callback of #{name} \(.*parameters_test\.rb:\d+\) takes no arguments; it is called with #{Regexp.escape(given)}/,
                   error.message)
    end
  end

  def test_a_partial_wildcard_says_what_is_allowed_wherever_a_pattern_is_taken
    mq = bus
    wrong = "te*t:run"
    [-> { mq.publish(wrong) }, -> { mq.follow(wrong) }, -> { mq.regist_function(wrong) { nil } }, -> { mq.queue(wrong) },
     -> { mq.queue(["a:x", wrong], name: "q") }, -> { mq.cond(wrong) }, -> { mq.talk("a:x", wrong) }, -> { mq.ask(wrong) },
     -> { mq.regist_function(wrong, queue: "q") { nil } }, -> { mq.auto_twitter(wrong) { nil } }, -> { mq.pipeline("a:x", wrong) },
     -> { mq.regist_method(wrong, method(:asked)) }, -> { mq.publish_many([[wrong]]) }, -> { mq.connect_via_queue(wrong, "x:1") },
     -> { Class.new { include BerryMQ::Follower }.following(wrong) }, -> { BerryMQ::Message.new(wrong) }].each do |call|
      assert_match(/"te\*t" of "te\*t:run" holds a `\*`, which stands for a whole part only/,
                   assert_raises(BerryMQ::InvalidIdentifier, &call).message)
    end
  end

  def test_several_messages_take_no_keywords
    mq = bus
    error = assert_raises(BerryMQ::InvalidArgument) { mq.regist_function(mq.cond("a:x") & mq.cond("a:y"), ->(_x, _y, level:) { level }) }
    assert_match(/takes keywords; a handler is called with 2 messages/, error.message)
  end
end
