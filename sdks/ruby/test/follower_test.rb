# frozen_string_literal: true

# `include BerryMQ::Follower`, as the original berryMQ's documents show it.
require "support"

class FollowerTest < Minitest::Test
  include Support

  class Base
    attr_reader :given

    def initialize(given = nil) = @given = given

    def take(message) = message
  end

  # A class that follows names of this test's own; what it hears goes to `heard`.
  def logger_class(heard, name = unique)
    Class.new(Base) do
      include BerryMQ::Follower

      define_method(:initialize) { |given| super(given) }

      following("#{name}:log")
      following("#{name}:note") { |message| message.args.first != "secret" }
      define_method(:receive_log) { |message| heard << [message.action, message.args.first, given] }

      auto_twitter("#{name}work")
      define_method(:work) { |number, times: 1| number * times }
    end
  end

  def test_methods_follow_with_their_guards
    heard = []
    logger = logger_class(heard).new("given")
    BerryMQ.twitter("#{unique}:log", "one")
    BerryMQ.twitter("#{unique}:note", "secret")
    BerryMQ.twitter("#{unique}:note", "two")
    assert_equal [["log", "one", "given"], ["note", "two", "given"]], heard
    assert_includes BerryMQ.show_followers, "#{unique}:log"
    assert_equal "given", logger.given
  end

  def test_a_subclass_follows_with_its_own_method_once
    heard = []
    loud = Class.new(logger_class(heard)) { define_method(:receive_log) { |message| heard << "LOUD #{message.args.first}" } }
    kept = loud.new(1)
    BerryMQ.publish("#{unique}:log", "x")
    assert_equal ["LOUD x"], heard
    assert_kind_of Base, kept
  end

  def test_structs_follow_however_they_are_made
    heard = []
    name = unique
    point = Struct.new(:x) do
      include BerryMQ::Follower

      following("#{name}:moved")
      define_method(:moved) { |_message| heard << x }
    end
    kept = [point.new(1), point[2], Class.new(point).new(3)]
    assert_equal 3, BerryMQ.publish("#{name}:moved").followers
    assert_equal kept.map(&:x), heard
  end

  def test_modules_hand_their_lines_on
    heard = []
    name = unique
    logging = Module.new do
      include BerryMQ::Follower

      following("#{name}:log")
      define_method(:log) { |message| heard << [self.class, message.id] }
    end
    loud = Class.new { include logging }
    quiet = Class.new(loud) { undef_method(:log) }
    kept = [loud.new, Class.new { prepend logging }.new, quiet.new]
    assert_equal 2, BerryMQ.publish("#{name}:log").followers
    assert_equal kept.first(2).map { |object| [object.class, "#{name}:log"] }, heard
  end

  def test_a_class_that_is_no_follower_is_told_what_to_add
    error = assert_raises(NoMethodError) { Class.new { following("a:x") } }
    told = error.respond_to?(:detailed_message) ? error.detailed_message : error.message
    assert_includes told, "include BerryMQ::Follower"
    assert_raises(BerryMQ::InvalidArgument) { Class.new { prepend BerryMQ::Follower } }
  end

  def test_class_methods_follow
    heard = []
    name = unique
    kept = Class.new do
      include BerryMQ::Follower

      following("#{name}:class")
      define_singleton_method(:receive) { |message| heard << message.id }
    end
    BerryMQ.publish("#{name}:class")
    assert_equal ["#{name}:class"], heard
    assert_kind_of Class, kept
  end

  def test_auto_twitter_tells_before_and_after_and_keeps_the_result
    told = []
    following = BerryMQ.following_function("#{unique}work:*") { |message| told << [message.action, message.args, message.kwargs] }
    assert_equal 6, logger_class([]).new(1).work(2, times: 3)
    assert_equal [["entry", [2], { times: 3 }], ["exit", [6], {}]], told
  ensure
    following.unfollow
  end

  def test_objects_that_are_gone_follow_no_more
    mq = bus
    make = ->(count) { Array.new(count) { Base.new } }
    make.call(200).each { |object| mq.regist_method("gone:x", object.method(:take)) }
    make.call(5000)
    eventually { GC.start || mq.publish("gone:x").followers < 200 }
  end

  def test_a_guard_whose_object_lives_goes_on
    mq = bus
    kept = logger_class([]).new(7)
    mq.regist_method("kept:x", kept.method(:receive_log))
    GC.start
    assert_equal 1, mq.publish("kept:x").followers
  end
end
