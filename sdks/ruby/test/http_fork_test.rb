# frozen_string_literal: true

# http:// without gRPC: in a process that cannot load it, and in the children of a connected parent.
require "support"
require "tmpdir"

class HttpForkTest < Minitest::Test
  include Support

  # What each program begins with: it cannot run for ever, and publishes to names of its own.
  BEGINNING = <<~'RUBY'
    require "berrymq"
    require "socket"
    Thread.new { sleep 60; warn "it did not end"; exit!(1) }
    URL, NAME = ARGV
    HEARD = Thread::Queue.new
  RUBY

  def scheme = "http://"

  # What a program says that can load neither gRPC nor protobuf.
  def said_without_grpc(program)
    Dir.mktmpdir do |folder|
      %w[grpc google/protobuf google/protobuf_c].each do |name|
        FileUtils.mkdir_p(File.dirname("#{folder}/#{name}"))
        File.write("#{folder}/#{name}.rb", "raise LoadError, \"there is no #{name} here\"")
      end
      path = [folder, *$LOAD_PATH].map { |entry| "-I#{entry}" }
      IO.popen([RbConfig.ruby, *path, "-e", BEGINNING + program, shared_url, unique], err: %i[child out], &:read)
    end
  end

  def test_a_process_that_cannot_load_grpc_does_everything_over_http
    assert_equal <<~TEXT, said_without_grpc(<<~'RUBY')
      18446744073709551616
      rubyist: hello
      3
      1.5
      []
    TEXT
      BerryMQ.connect(URL, ident: "rubyist").following_function(NAME) { |message| HEARD << message.args.first }
      BerryMQ.on_recv { |ident, message| HEARD << "#{ident}: #{message.args.first}" }
      BerryMQ.following_function("#{NAME}-add:*") { |message| message.args.sum }
      BerryMQ.flush
      BerryMQ.publish(NAME, 2**64).wait(5)
      puts HEARD.pop
      BerryMQ.send("rubyist", "hello").wait(5)
      puts HEARD.pop
      other = BerryMQ::Bus.new.connect(URL)
      puts other.ask("#{NAME}-add:x", 1, 2)
      queue = BerryMQ::Queue.new("#{NAME}-task:*", max_attempts: 3)
      other.publish("#{NAME}-task:x", 1.5).wait(5)
      puts queue.get(timeout: 5).args.first
      [other, BerryMQ.default_bus].each(&:close)
      p $LOADED_FEATURES.grep(/protobuf|grpc/)
    RUBY
  end

  def test_without_grpc_an_address_of_grpc_says_what_to_do
    said = said_without_grpc(<<~'RUBY')
      begin
        BerryMQ.connect("127.0.0.1:1")
      rescue BerryMQ::NotSupported => e
        puts e.message
      end
    RUBY
    assert_match(/gem install grpc.*http:/, said)
  end

  def test_children_of_a_connected_parent_work_and_leave_it_whole
    assert_equal <<~TEXT, said_without_grpc(<<~'RUBY')
      [0, 2]
      0
      [1, 2]
      1
      1
    TEXT
      BerryMQ.connect(URL).following_function(NAME) { |message| HEARD << message.args.first }
      BerryMQ.flush
      2.times do |number|
        Process.wait(fork do
          followers = BerryMQ.publish(NAME, number).wait(20).followers
          p [HEARD.pop, followers] # its own, and the parent's
          BerryMQ.close
        end)
        puts HEARD.pop
      end
      puts BerryMQ.publish(NAME, 2).wait(5).followers
      BerryMQ.close
    RUBY
  end

  def test_a_child_holds_nothing_of_its_parents_connection
    assert_equal "parent-#{unique}\n", said_without_grpc(<<~'RUBY')
      reader, writer = IO.pipe
      BerryMQ.connect(URL, ident: "parent-#{NAME}")
      child = fork do
        writer.close
        BerryMQ.close
        reader.read # until the parent says so
        exit!
      end
      watcher = BerryMQ::Bus.new
      watcher.on_disconnect { |ident| HEARD << ident if ident.start_with?("parent") }
      watcher.connect(URL, ident: "watcher-#{NAME}").flush
      BerryMQ.close
      puts HEARD.pop
      watcher.close
      writer.close
      Process.wait(child)
    RUBY
  end

  def test_a_child_has_an_ident_and_mailboxes_of_its_own
    assert_equal <<~TEXT, said_without_grpc(<<~'RUBY')
      to the child
      true
      to the parent
    TEXT
      BerryMQ.connect(URL).on_recv { |_, message| HEARD << message.args.first }
      Process.wait(fork do
        ident = BerryMQ.default_bus.ident
        BerryMQ.send(ident, "to the child").wait(20)
        puts HEARD.pop, ident.start_with?("ruby-#{Process.pid}-")
        BerryMQ.close
      end)
      BerryMQ.send(BerryMQ.default_bus.ident, "to the parent").wait(5)
      puts HEARD.pop
      BerryMQ.close
    RUBY
  end

  def test_a_child_keeps_the_ident_that_its_owner_gave
    assert_equal "named\n", said_without_grpc(<<~RUBY)
      BerryMQ.connect(URL, ident: "named")
      Process.wait(fork { puts BerryMQ.default_bus.ident })
      BerryMQ.close
    RUBY
  end

  # As Puma and its like do: the parent loads the program, which connects, and forks; the children accept.
  PREFORKING = <<~'RUBY'
    BerryMQ.connect(URL).following_function(NAME) { |message| HEARD << message.args }
    BerryMQ.flush
    server = TCPServer.new("127.0.0.1", 0)
    serve = lambda do |socket|
      number = Integer(socket.gets)
      socket.puts(number.negative? ? "" : BerryMQ.publish(NAME, number, Process.pid).wait(20).message_id)
      socket.close
      number
    end
    children = Array.new(3) { fork { nil until serve.call(server.accept).negative?; BerryMQ.close } }
    ask = ->(number) { TCPSocket.open("127.0.0.1", server.addr[1]) { |socket| socket.puts(number); socket.gets } }
    answers = Array.new(12) { |number| Thread.new { ask.call(number) } }.map(&:value)
    numbers, pids = Array.new(12) { HEARD.pop }.transpose
    puts answers.uniq.size, numbers.uniq.size, (pids - children).size
    3.times { ask.call(-1) }
    puts children.sum { |pid| Process.wait2(pid).last.exitstatus }
    BerryMQ.close
  RUBY

  def test_a_preforking_server_publishes_from_every_child
    assert_equal %w[12 12 0 0], said_without_grpc(PREFORKING).split("\n")
  end
end
