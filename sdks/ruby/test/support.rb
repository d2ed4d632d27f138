# frozen_string_literal: true

# What the tests share: a gateway process, waiting for a condition, buses that are closed afterwards.
require "minitest/autorun"
require "socket"
require "berrymq"

module Support
  ROOT = File.expand_path("../../..", __dir__)

  # Below the range that the system gives to clients: nobody's connection has it between two starts.
  def self.free_port
    (20_000...32_000).to_a.sample(100).find do |port|
      TCPServer.new("127.0.0.1", port).close
      true
    rescue Errno::EADDRINUSE
      false
    end
  end

  # A real gateway over a real socket.
  class Gateway
    attr_reader :port

    def self.shared
      @shared ||= new.tap { |gateway| Minitest.after_run { gateway.stop } }
    end

    # With `data`, a folder, it keeps its queues there (the sqlite engine). `scheme` begins its url.
    def initialize(port: Support.free_port, data: nil, scheme: "")
      @scheme = scheme
      @output, written = IO.pipe
      @pid = spawn("node", "#{ROOT}/gateway/bin/berrymq.js", "serve", "--port", port.to_s,
                   *(data ? ["--engine", "sqlite", "--data", data] : ["--engine", "memory"]), out: written, err: File::NULL, chdir: ROOT)
      written.close
      line = @output.gets || raise("the gateway did not start; build it first: npm run build")
      @port = Integer(line[/\d+$/])
    end

    def url = "#{@scheme}127.0.0.1:#{@port}"

    def signal(name) = Process.kill(name, @pid)

    # SIGTERM drains; SIGKILL does not. Returns its exit status.
    def stop(signal = :TERM)
      return unless @pid

      Process.kill(signal, @pid)
      _, status = Process.wait2(@pid)
      @pid = nil
      status.exitstatus
    end
  end

  # Returns the block's value once it is true; fails after `seconds`.
  def eventually(seconds = 10)
    deadline = BerryMQ::Clock.now + seconds
    loop do
      value = yield
      return value if value

      flunk "it did not come true within #{seconds} s" if BerryMQ::Clock.past?(deadline)
      sleep 0.005 # between two looks, not instead of one
    end
  end

  # Each test publishes to names of its own.
  def unique = @unique ||= "t#{SecureRandom.hex(4)}"

  def bus(...)
    BerryMQ::Bus.new(...).tap { |bus| (@buses ||= []) << bus }
  end

  # Tests that are run over another wire say which.
  def scheme = ""

  def shared_url = "#{scheme}#{Support::Gateway.shared.url}"

  def connected(ident = nil, **options) = bus.connect(shared_url, ident: ident, **options)

  def teardown
    @buses&.each(&:close)
    super
  end

  def own_gateway(**options)
    Gateway.new(scheme: scheme, **options).tap { |gateway| (@gateways ||= []) << gateway }
  end

  def after_teardown
    @gateways&.each { |gateway| gateway.stop(:KILL) }
    super
  end
end
