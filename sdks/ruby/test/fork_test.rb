# frozen_string_literal: true

# Forks: children never hang, never speak on their parent's connection, and leave it whole.
require "support"

class ForkTest < Minitest::Test
  include Support

  # What the block returns in a child, which ends as any child does.
  def in_child(code, url)
    IO.popen([RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, "-rberrymq", "-e", code, url], err: %i[child out], &:read)
  end

  def url = Support::Gateway.shared.url

  def test_a_child_of_a_process_that_never_connected_connects_for_itself
    said = in_child(<<~RUBY, url)
      2.times.map { fork { BerryMQ.connect(ARGV[0]); puts BerryMQ.publish("fork:x").wait(5).followers; BerryMQ.close } }
       .each { |pid| Process.wait(pid); puts $?.exitstatus }
    RUBY
    assert_equal %w[0 0 0 0], said.split
  end

  def test_children_of_a_connected_process_say_what_to_do_and_leave_the_parent_connected
    said = in_child(<<~RUBY, url)
      heard = Thread::Queue.new
      BerryMQ.connect(ARGV[0]).regist_function("_own:x") { |message| heard << message.args.first }
      2.times do
        pid = fork do
          BerryMQ.publish("_own:x", 1)
          puts heard.size
          begin
            BerryMQ.publish("#{unique}:x").wait(5)
          rescue BerryMQ::Error => e
            puts e.class, e.message[/spawn or exec/]
          end
          exit 3
        end
        Process.wait(pid)
        puts $?.exitstatus
      end
      puts BerryMQ.publish("#{unique}:x").wait(5).queues
      BerryMQ.close
    RUBY
    skip "this gRPC survives a fork" if said.include?("Timeout")
    assert_equal (["1", "BerryMQ::NotSupported", "spawn or exec", "3"] * 2) + ["0"], said.split("\n")
  end

  def test_a_childs_files_and_handlers_at_exit_are_kept
    said = in_child(<<~RUBY, url)
      at_exit { puts "from the parent" if Process.pid != PARENT }
      PARENT = Process.pid
      BerryMQ.connect(ARGV[0])
      Process.wait(fork { $stdout.sync = false; print "unwritten " })
      BerryMQ.close
    RUBY
    assert_equal "unwritten from the parent\n", said
  end

  def test_ids_differ_after_a_fork
    said = in_child(<<~RUBY, url)
      fork { puts BerryMQ::Message.new("a:b").message_id }
      Process.wait
      puts BerryMQ::Message.new("a:b").message_id
    RUBY
    assert_equal 2, said.split.map { |id| id[/\A\h{16}/] }.uniq.size
  end

  def test_where_grpc_can_be_carried_over_a_fork_the_link_lets_go_before_and_comes_back_after
    said = in_child(<<~RUBY, url)
      BerryMQ.connect(ARGV[0])
      calls = []
      GRPC.define_singleton_method(:prefork) { calls << [:prefork, BerryMQ.default_bus.connected?] }
      GRPC.define_singleton_method(:postfork_parent) { calls << :parent }
      GRPC.define_singleton_method(:postfork_child) { calls << :child }
      ENV["GRPC_ENABLE_FORK_SUPPORT"] = "1"
      Process.wait(fork { p calls; $stdout.flush; exit! })
      p calls
      p BerryMQ.publish("fork:x").wait(10).followers
      BerryMQ.close
    RUBY
    assert_equal "[[:prefork, false], :child]\n[[:prefork, false], :parent]\n0\n", said
  end
end
