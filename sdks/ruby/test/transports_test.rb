# frozen_string_literal: true

# Which address means which transport, and what an HTTP server that is no gateway comes to.
require "support"
require "socket"
require "berrymq/transports"

class TransportsTest < Minitest::Test
  include Support

  def test_an_address_says_which_transport
    { "localhost:7201" => "Grpc", "grpc://localhost:7201" => "Grpc", "[::1]:7201" => "Grpc", "http://localhost:7201" => "Http",
      "HTTP://127.0.0.1:1/" => "Http", "http://[::1]:7201" => "Http" }.each do |url, name|
      transport, address = BerryMQ::Transports.at(url)
      assert_equal name, transport.name[/\w+\z/]
      assert_equal url[/(?:\[::1\]|localhost|127\.0\.0\.1):\d+/], address
    end
  end

  def test_an_address_that_is_none_is_refused_with_the_forms
    ["", "no port", "ftp://localhost:7201", "http://localhost", "http://u@localhost:1", "http://localhost:1/x", "localhost:7201/", "x y:1",
     "http://http://a:1", "http://a:1\nx", nil].each do |url|
      error = assert_raises(BerryMQ::InvalidArgument, url.inspect) { bus.connect(url) }
      assert_includes error.message, "http://localhost:7201"
    end
  end

  def test_what_is_not_spoken_yet_names_what_is
    %w[https://localhost:7201 wss://localhost:7201 ws://localhost:7201].each do |url|
      error = assert_raises(BerryMQ::NotSupported) { bus.connect(url) }
      assert_includes error.message, "http://"
    end
  end

  # A server that answers every request with these bytes, and its url.
  def answering(bytes)
    server = TCPServer.new("127.0.0.1", 0)
    (@servers ||= []) << server
    thread = Thread.new do
      while (socket = server.accept)
        socket.readpartial(65_536)
        socket.write(bytes)
        socket.close
      end
    rescue IOError, SystemCallError
      nil # the test is over, or the client was not interested
    end
    thread.report_on_exception = false
    "http://127.0.0.1:#{server.addr[1]}"
  end

  def teardown
    @servers&.each(&:close)
    super
  end

  def json(status, body, type = "application/json")
    "HTTP/1.1 #{status}\r\ncontent-type: #{type}\r\ncontent-length: #{body.bytesize}\r\nconnection: close\r\n\r\n#{body}"
  end

  def sse(*events) = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n#{events.join}"

  def refusal(error) = json("200 OK", JSON.generate({ jsonrpc: "2.0", id: 1, error: error }))

  def transport(url) = BerryMQ::Transports.at(url).then { |kind, address| kind.new(address, session: "s", ident: "é x") }

  def test_whatever_answers_a_call_berrymq_s_errors_come
    {
      "" => BerryMQ::Unavailable,
      "garbage\r\n\r\n" => BerryMQ::Unavailable,
      "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{" => BerryMQ::Unavailable,
      json("200 OK", "<html>") => BerryMQ::Unavailable,
      json("200 OK", "{\"x\":1}") => BerryMQ::Unavailable,
      json("200 OK", "\xFF") => BerryMQ::Unavailable,
      json("200 OK", "{\"jsonrpc\":\"2.0\",\"result\":[]}") => BerryMQ::MalformedMessage,
      json("404 Not Found", "nothing here", "text/plain") => BerryMQ::Unavailable,
      json("503 Service Unavailable", "") => BerryMQ::Unavailable,
      json("413 Too Large", "") => BerryMQ::BatchTooLarge,
      json("400 Bad", "{\"reason\":\"INVALID_ARGUMENT\",\"detail\":\"x\"}") => BerryMQ::InvalidArgument,
      refusal({ code: -32_011, message: "gone", data: { reason: "LEASE_LOST", retryable: false } }) => BerryMQ::LeaseLost,
      refusal({ code: -32_601, message: "Method not found", data: { detail: "there is no method" } }) => BerryMQ::NotSupported,
      refusal({ code: -32_602, message: "Invalid params" }) => BerryMQ::InvalidArgument,
      refusal({ code: -32_099, message: "new", data: { reason: "OF_TOMORROW" } }) => BerryMQ::Internal
    }.each do |answer, kind|
      error = assert_raises(BerryMQ::Error, answer) { transport(answering(answer)).queue(:describe, { queue: "x" }, timeout: 5) }
      assert_instance_of kind, error, answer
    end
  end

  def test_whatever_answers_a_stream_berrymq_s_errors_come
    {
      "" => BerryMQ::Unavailable,
      json("404 Not Found", "") => BerryMQ::Unavailable,
      json("429 Many", "{\"reason\":\"LIMIT_REACHED\",\"detail\":\"x\"}") => BerryMQ::LimitReached,
      sse("data: garbage\n\n") => BerryMQ::MalformedMessage,
      sse("data: [1]\n\n") => BerryMQ::MalformedMessage,
      sse("event: message\ndata: {}\n\n") => BerryMQ::MalformedMessage,
      sse("event: ended\ndata: {\"error\":{\"reason\":\"TAKEN_OVER\",\"message\":\"x\"}}\n\n") => BerryMQ::TakenOver
    }.each do |answer, kind|
      requests = Thread::Queue.new << { credit: 1 }
      error = assert_raises(BerryMQ::Error, answer) { transport(answering(answer)).follow(requests).each {} }
      assert_instance_of kind, error, answer
    end
  end

  def test_a_stream_that_ends_well_just_ends
    requests = Thread::Queue.new << { credit: 1 }
    told = []
    transport(answering(sse("event: message\ndata: {\"message\":{\"id\":\"1\"},\"bytes\":7}\n\n", "event: of_tomorrow\ndata: {}\n\n",
                            "event: ended\ndata: {}\n\n"))).follow(requests).each { |arrival| told << arrival }
    assert_equal [["1"], 7], [told.first.messages.map(&:id), told.first.bytes]
    assert_equal 1, told.size
    assert_predicate requests, :closed?
  end

  def test_what_a_consumer_raises_is_its_own
    queue = connected.queue("#{unique}:*")
    queue.status # it is there
    error = Errno::ENOENT.new("a file")
    over_http = bus.connect("http://#{Support::Gateway.shared.url}").queue("#{unique}:*", shared: true)
    connected.publish("#{unique}:x").wait(5)
    assert_same error, assert_raises(Errno::ENOENT) { over_http.consume { raise error } }
  end

  def test_a_gateway_that_does_not_answer_at_all_is_unavailable
    closed = TCPServer.new("127.0.0.1", 0).then { |server| server.addr[1].tap { server.close } }
    error = assert_raises(BerryMQ::Unavailable) { bus.connect("http://127.0.0.1:#{closed}", timeout: 0.5) }
    assert_includes error.message, closed.to_s
  end

  def test_slow_handlers_hold_back_no_more_than_their_credit
    slow = bus.connect("http://#{Support::Gateway.shared.url}")
    waiting = slow.link.instance_variable_get(:@arrivals)
    go = Thread::Queue.new
    heard = Thread::Queue.new
    slow.regist_function("#{unique}:x") { |message| go.pop && (heard << [message.kwargs[:number], waiting.size]) }
    slow.flush
    fast = connected
    40.times { |number| fast.publish("#{unique}:x", "x" * 500_000, number: number) }
    fast.flush
    eventually { waiting.size >= 7 }
    40.times { go << true }
    numbers, sizes = Array.new(40) { heard.pop }.transpose
    assert_equal (0...40).to_a, numbers
    assert_operator sizes.max, :<=, 10 # 4 MiB of credit, and one message beyond it
  end
end
