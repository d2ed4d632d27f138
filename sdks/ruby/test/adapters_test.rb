# frozen_string_literal: true

# Adapters: files that change, time that passes, notifications.
require "support"
require "minitest/mock"
require "berrymq/adapters"
require "berrymq/testing"
require "tmpdir"

class AdaptersTest < Minitest::Test
  include Support
  include BerryMQ::Adapters

  # [a bus, what is published to the pattern there]
  def hearing(pattern)
    heard = Thread::Queue.new
    mq = bus
    mq.regist_function(pattern) { |message| heard << [message.action, *message.args] }
    [mq, heard]
  end

  def test_a_timer_ticks_from_one_until_it_is_stopped
    mq, heard = hearing("clock:*")
    timer = IntervalTimer.new("clock", 0.01, bus: mq)
    assert_equal [["tick", 1], ["tick", 2], ["tick", 3]], Array.new(3) { heard.pop }
    2.times { timer.stop }
    heard.clear
    assert_predicate timer, :stopped?
    assert_empty mq.adapters
  end

  def test_a_timer_ends_with_its_block_and_with_its_bus
    mq, heard = hearing("clock:*")
    assert_equal ["tick", 1], IntervalTimer.open("clock", 0.001, bus: mq) { heard.pop }
    assert_empty mq.adapters
    timer = IntervalTimer.new("clock", 3600, bus: mq)
    mq.close
    assert_predicate timer, :stopped?
    assert_raises(BerryMQ::Closed) { IntervalTimer.new("clock", 1, bus: mq) }
  end

  def test_a_follower_that_is_slow_leaves_ticks_out_and_may_stop_the_timer
    mq = bus
    began = Thread::Queue.new
    go_on = Thread::Queue.new
    timer = nil
    mq.regist_function("clock:tick") do |message|
      began << message.args.first
      timer.stop if go_on.pop == :stop
    end
    timer = IntervalTimer.new("clock", 0.005, bus: mq)
    fast = Thread::Queue.new
    mq.regist_function("other:tick") { |message| fast << message.args.first }
    other = IntervalTimer.new("other", 0.005, bus: mq)
    began.pop
    10.times { fast.pop }
    assert_empty began
    go_on << :go
    assert_equal 2, began.pop
    go_on << :stop
    eventually { timer.stopped? }
    other.stop
  end

  def test_virtual_time_moves_timers_and_looking_and_ends_those_of_the_test
    mq, heard = hearing("clock:*")
    timer = IntervalTimer.new("clock", 3600, bus: mq)
    of_the_test = nil
    Dir.mktmpdir do |folder|
      BerryMQ::Testing::TestBus.open(mq) do |test|
        of_the_test = FileObserver.new("#{folder}/later/*.txt", "clock", interval: 60, bus: mq)
        Dir.mkdir("#{folder}/later")
        put("#{folder}/later", "a.txt", "")
        test.advance(7300)
      end
    end
    assert_equal %w[created tick tick], Array.new(3) { heard.pop.first }
    assert_equal [true, false], [of_the_test, timer].map(&:stopped?)
  end

  # At once: who looks meanwhile sees no file that is half written.
  def put(folder, name, content)
    File.write("#{folder}/#{name}.part", content)
    File.rename("#{folder}/#{name}.part", "#{folder}/#{name}")
  end

  # With the operating system's events, and without.
  def observe(events)
    without = BerryMQ::Adapters.const_get(:FileEvents)
    mq, heard = hearing("in:*")
    Dir.mktmpdir do |folder|
      File.write("#{folder}/there.txt", "1")
      begin_observing = -> { FileObserver.new("#{folder}/*.txt", "in", interval: events ? 3600 : 0.01, bus: mq) }
      observer = events ? begin_observing.call : without.stub(:begin, nil) { begin_observing.call }
      assert_equal events, observer.events?
      yield folder, heard
      observer.stop
    end
  end

  [true, false].each do |events|
    define_method("test_files_are_told_of_#{events ? "by_events" : "by_looking"}") do
      observe(events) do |folder, heard|
        File.write("#{folder}/other.png", "1")
        put(folder, "new.txt", "1")
        assert_equal ["created", "#{folder}/new.txt"], heard.pop
        put(folder, "there.txt", "longer")
        assert_equal ["modified", "#{folder}/there.txt"], heard.pop
        File.delete("#{folder}/there.txt")
        assert_equal ["removed", "#{folder}/there.txt"], heard.pop
        assert_empty heard
      end
    end
  end

  def test_a_folder_that_is_not_there_is_looked_for
    mq, heard = hearing("in:*")
    Dir.mktmpdir do |folder|
      FileObserver.open("#{folder}/later/*.txt", "in", interval: 0.01, bus: mq) do |observer|
        refute_predicate observer, :events?
        Dir.mkdir("#{folder}/later")
        put("#{folder}/later", "a.txt", "")
        assert_equal ["created", "#{folder}/later/a.txt"], heard.pop
      end
    end
  end

  def test_a_folder_that_is_made_again_is_looked_at_and_what_cannot_be_told_holds_back_nothing
    mq, heard = hearing("in:*")
    mq.on_error { |error, *| heard << error.class }
    Dir.mktmpdir do |folder|
      mq.queue("in:created", max_messages: 1).then do |full|
        Dir.mkdir("#{folder}/sub")
        FileObserver.open("#{folder}/sub/*.txt", "in", interval: 0.02, bus: mq) do
          put("#{folder}/sub", "a.txt", "")
          assert_equal ["created", "#{folder}/sub/a.txt"], heard.pop
          FileUtils.rm_r("#{folder}/sub")
          assert_equal ["removed", "#{folder}/sub/a.txt"], heard.pop
          Dir.mkdir("#{folder}/sub")
          put("#{folder}/sub", "b.txt", "")
          assert_equal BerryMQ::QueueFull, heard.pop
          full.purge
          put("#{folder}/sub", "c.txt", "")
          assert_equal ["created", "#{folder}/sub/c.txt"], heard.pop
        end
      end
    end
  end

  # Runs the block with a program of that name, which writes what it is called with to the file that is given.
  def with_program(name)
    Dir.mktmpdir do |folder|
      File.write("#{folder}/#{name}", "#!/bin/sh\nprintf '%s|' \"$@\" >>#{folder}/said\necho no >&2\nexec test ! -e #{folder}/broken\n")
      File.chmod(0o755, "#{folder}/#{name}")
      path = ENV.fetch("PATH")
      ENV["PATH"] = "#{folder}:/bin:/usr/bin"
      yield folder
    ensure
      ENV["PATH"] = path
    end
  end

  def said(folder, text) = eventually { File.exist?("#{folder}/said") && File.read("#{folder}/said") == text }

  def test_a_notification_is_shown_and_its_format_can_be_overridden
    loud = Class.new(DesktopNotifier) { def format(message) = ["LOUD", message.args.first] }
    with_program("notify-send") do |folder|
      mq = bus
      DesktopNotifier.open("disk:*", bus: mq) do
        mq.publish("disk:full", "$(date); `id`", level: 3)
        said(folder, "--|disk:full|$(date); `id`\nlevel: 3|")
      end
      File.delete("#{folder}/said")
      loud.open("disk:*", bus: mq) do
        mq.publish("disk:full", "-x")
        said(folder, "--|LOUD|-x|")
      end
    end
  end

  def test_a_notification_that_fails_goes_to_on_error
    with_program("notify-send") do |folder|
      File.write("#{folder}/broken", "")
      mq = bus
      errors = Thread::Queue.new
      mq.on_error { |error, message, _| errors << [error.message, message.id] }
      notifier = DesktopNotifier.new("disk:*", bus: mq)
      mq.publish("disk:full")
      assert_equal ["the notification of disk:full failed: no", "disk:full"], errors.pop
      notifier.stop
    end
  end

  def test_bad_use_says_what_to_do
    mq = bus
    assert_match(/seconds above 0/, assert_raises(BerryMQ::InvalidArgument) { IntervalTimer.new("clock", 0, bus: mq) }.message)
    assert_match(/such as/, assert_raises(BerryMQ::InvalidArgument) { FileObserver.new(nil, "in", bus: mq) }.message)
    assert_raises(BerryMQ::InvalidIdentifier) { FileObserver.new("*", "te*t", bus: mq) }
    path = ENV.fetch("PATH")
    ENV["PATH"] = "/nowhere"
    assert_match(/libnotify-bin/, assert_raises(BerryMQ::NotSupported) { DesktopNotifier.new("a:x", bus: mq) }.message)
  ensure
    ENV["PATH"] = path
  end

  def test_in_a_forked_child_adapters_are_stopped
    said = IO.popen([RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, "-rberrymq/adapters", "-e", <<~RUBY], &:read)
      timer = BerryMQ::Adapters::IntervalTimer.new("clock", 3600)
      Process.wait(fork { puts timer.stopped?, BerryMQ.default_bus.adapters.size })
      puts timer.stopped?
    RUBY
    assert_equal %w[true 0 false], said.split
  end

  def test_loading_berrymq_loads_no_adapter
    said = IO.popen([RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, "-rberrymq", "-e",
                     "p $LOADED_FEATURES.grep(/listen|adapters|open3/).size"], &:read)
    assert_equal "0\n", said
  end
end
