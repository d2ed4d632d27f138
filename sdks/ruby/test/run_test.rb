# frozen_string_literal: true

# `run`: a worker that ends when it is told to, with what it was at finished.
require "support"

class RunTest < Minitest::Test
  include Support

  WORKER = <<~'RUBY'
    $stdout.sync = true
    trap("TERM", earlier = ->(_) { puts "the earlier trap" })
    url, queue, name = ARGV
    options = queue.empty? ? {} : { queue: queue }
    BerryMQ.following_function("#{name}:work", **options) do |message|
      puts "at work"
      $stdin.gets
      BerryMQ.publish("#{name}:done", *message.args)
      puts "worked"
    end
    BerryMQ.connect(url).flush
    puts "ready"
    BerryMQ.run
    puts "ended #{trap("TERM", "DEFAULT").equal?(earlier)} #{trap("INT", "DEFAULT")} #{BerryMQ.default_bus.closed?}"
  RUBY

  def worker(queue)
    paths = $LOAD_PATH.map { |path| "-I#{path}" }
    @worker = IO.popen([RbConfig.ruby, *paths, "-rberrymq", "-e", WORKER, shared_url, queue, unique], "r+")
    assert_equal "ready", said
    @worker
  end

  def said = @worker.gets&.chomp

  # Its status.
  def end_of(worker) = Process.wait2(worker.pid).last

  def teardown
    Process.kill(:KILL, @worker.pid) if @worker && !@ended
    super
  end

  def assert_finishes_after(signal, queue)
    mq = connected
    done = mq.queue("#{unique}:done")
    worker = worker(queue)
    mq.publish("#{unique}:work", "first").wait(10)
    assert_equal "at work", said
    Process.kill(signal, worker.pid)
    worker.puts
    assert_equal ["worked", "ended true DEFAULT true"], [said, said]
    @ended = true
    assert_predicate end_of(worker), :success?
    assert_equal ["first"], done.get(timeout: 10).args
    mq
  end

  def test_a_handler_at_work_finishes_and_publishes_after_the_signal
    assert_finishes_after(:INT, "")
  end

  def test_a_durable_handler_at_work_finishes_and_its_message_is_done
    mq = assert_finishes_after(:TERM, unique)
    assert_equal 0, mq.queue("#{unique}:work", shared: true, name: unique).status.leased
  end

  def test_a_second_signal_ends_the_program_at_once
    mq = connected
    worker = worker("")
    mq.publish("#{unique}:work").wait(10)
    assert_equal "at work", said
    Process.kill(:INT, worker.pid)
    status = eventually do
      Process.kill(:TERM, worker.pid)
      Process.wait2(worker.pid, Process::WNOHANG)&.last
    end
    @ended = true
    assert_equal Signal.list["TERM"], status.termsig
  end

  def test_only_the_main_thread_can_wait_for_signals
    error = assert_raises(BerryMQ::InvalidArgument) { Thread.new { bus.run }.tap { |thread| thread.report_on_exception = false }.value }
    assert_includes error.message, "main thread"
  end

  def test_a_closed_bus_does_not_wait
    mq = bus
    mq.close
    assert_raises(BerryMQ::Closed) { mq.run }
  end
end
