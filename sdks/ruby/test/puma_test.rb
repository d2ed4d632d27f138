# frozen_string_literal: true

# A real forking server: Puma in cluster mode, which loads the program once (preload_app!) and forks workers from it.
require "support"
require "net/http"
require "tmpdir"

class PumaTest < Minitest::Test
  include Support

  # Whoever hears a message writes its own pid and what it heard; /publish tells the worker's pid and how it went.
  PROGRAM = <<~'RUBY'
    require "berrymq"
    NAME, LOG = ENV.values_at("BERRYMQ_TEST_NAME", "BERRYMQ_TEST_LOG")
    join = lambda do
      BerryMQ.connect(ENV.fetch("BERRYMQ_TEST_URL"))
      BerryMQ.following_function(NAME) do |message|
        File.open(LOG, "a") { |file| file.flock(File::LOCK_EX) && file.puts("#{Process.pid} #{message.args.first}") }
      end
      BerryMQ.flush
    end
    app do |env|
      BerryMQ.publish(NAME, env["QUERY_STRING"]).wait(20)
      [200, {}, ["#{Process.pid} published"]]
    rescue BerryMQ::Error => e
      [200, {}, ["#{Process.pid} #{e.class} #{e.message}"]]
    end
    bind "tcp://127.0.0.1:0"
    workers 2
    threads 1, 1
    preload_app!
  RUBY

  # Runs it while the block does, which is given a Server; `ending` is the end of its configuration.
  def serving(url, ending)
    Dir.mktmpdir do |folder|
      File.write("#{folder}/puma.rb", PROGRAM + ending)
      server = Server.new(folder, { "BERRYMQ_TEST_URL" => url, "BERRYMQ_TEST_NAME" => unique, "BERRYMQ_TEST_LOG" => "#{folder}/log" })
      yield server
    ensure
      server&.stop
    end
  end

  # A master and its workers.
  class Server
    attr_reader :pid

    def initialize(folder, environment)
      @folder = folder
      @output, written = IO.pipe
      paths = $LOAD_PATH.map { |path| "-I#{path}" }
      @pid = spawn(environment, RbConfig.ruby, *paths, "-S", "puma", "-C", "#{folder}/puma.rb", out: written, err: written, chdir: folder)
      written.close
      said = +""
      until (port = said[/Listening on .*:(\d+)/, 1])
        said << (@output.gets || raise("puma did not start; scripts/setup installs it\n#{said}"))
      end
      @address = URI("http://127.0.0.1:#{port}/")
      Thread.new { IO.copy_stream(@output, File::NULL) }
    end

    # [pid of a worker, what it answers]
    def get(word)
      pid, *answer = Net::HTTP.get(@address + "?#{word}").split(" ", 2)
      [Integer(pid), answer.first]
    end

    # [pid, word] of everything that was heard.
    def heard
      lines = File.exist?("#{@folder}/log") ? File.readlines("#{@folder}/log", chomp: true) : []
      lines.map(&:split).map { |pid, word| [Integer(pid), word] }
    end

    def stop
      Process.kill(:TERM, @pid)
      Process.wait(@pid)
      @output.close
    end
  end

  # The workers that answered until there were so many; each word is published once.
  def workers(server, count, but: [])
    answers = {}
    eventually(30) do
      pid, answer = server.get("w#{answers.size}-#{SecureRandom.hex(2)}")
      answers[pid] = answer unless but.include?(pid)
      answers.size == count
    end
    answers
  end

  # Who hears a message of this process: each once.
  def hearers(server, word)
    (@outside ||= connected).publish(unique, word).wait(10)
    yield server.heard.filter_map { |pid, heard| pid if heard == word }
  end

  def test_over_http_workers_of_a_connected_master_publish_and_follow_and_it_goes_on
    serving("http://#{Gateway.shared.url}", "join.call") do |server|
      first = workers(server, 2)
      assert_equal ["published"], first.values.uniq
      eventually(20) { hearers(server, "all#{SecureRandom.hex(2)}") { |pids| pids.sort == [server.pid, *first.keys].sort } }
      Process.kill(:TERM, first.keys.first)
      second = workers(server, 1, but: first.keys)
      assert_equal ["published"], second.values
      everybody = [server.pid, first.keys.last, *second.keys].sort
      eventually(20) { hearers(server, "anew#{SecureRandom.hex(2)}") { |pids| pids.sort == everybody } }
      heard = server.heard
      assert_equal heard.uniq.size, heard.size, "nobody hears anything twice"
    end
  end

  def test_over_grpc_workers_that_connect_at_their_boot_publish_and_follow
    serving(Gateway.shared.url, "on_worker_boot { join.call }") do |server|
      answers = workers(server, 2)
      assert_equal ["published"], answers.values.uniq
      eventually(20) { hearers(server, "all#{SecureRandom.hex(2)}") { |pids| pids.sort == answers.keys.sort } }
    end
  end

  def test_over_grpc_workers_of_a_connected_master_say_what_to_do_and_it_goes_on
    serving(Gateway.shared.url, "join.call") do |server|
      said = workers(server, 2).values.uniq.join
      skip "this gRPC survives a fork" if said == "published"
      assert_match(/BerryMQ::NotSupported .*connect in the child only/, said)
      eventually(20) { hearers(server, "all#{SecureRandom.hex(2)}") { |pids| pids == [server.pid] } }
    end
  end
end
