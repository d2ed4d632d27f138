# frozen_string_literal: true

# The driver of the conformance suite (test/conformance/README.md): a JSON command a line on stdin, a JSON answer a line on stdout.
$LOAD_PATH.unshift("#{__dir__}/lib", "#{__dir__}/gen")
require "berrymq"
require "base64"
require_relative "conformance_model"

# Messages that a handler heard.
class Record
  def initialize
    @mutex = Mutex.new
    @changed = ConditionVariable.new
    @messages = []
  end

  def push(message)
    @mutex.synchronize do
      @messages << message
      @changed.signal
    end
  end

  # The next one, or nil after `timeout` seconds.
  def get(timeout:)
    deadline = BerryMQ::Clock.now + timeout
    @mutex.synchronize do
      @changed.wait(@mutex, BerryMQ::Clock.left(deadline)) while @messages.empty? && !BerryMQ::Clock.past?(deadline)
      @messages.shift
    end
  end
end

# Values of the protocol: bytes are {"$bytes": base64}.
module Values
  def self.read(value)
    case value
    when Array then value.map { |element| read(element) }
    when Hash then value.key?("$bytes") ? Base64.strict_decode64(value["$bytes"]).b : value.transform_values { |element| read(element) }
    else value
    end
  end

  def self.show(value)
    case value
    when String then BerryMQ::Payload.bytes?(value) ? { "$bytes" => Base64.strict_encode64(value) } : value
    when Array then value.map { |element| show(element) }
    when Hash then value.transform_values { |element| show(element) }
    else value
    end
  end

  # None of what no other process could be given.
  def self.checksum(message)
    message.checksum
  rescue BerryMQ::NotEncodable
    nil
  end

  def self.message(message)
    { id: message.id, name: message.name, action: message.action, args: show(message.args), kwargs: show(message.kwargs),
      content_type: message.content_type, attributes: message.attributes, message_id: message.message_id, sender: message.sender,
      attempt: message.attempt, priority: message.priority, checksum: checksum(message),
      reply_to: message.reply_to, failure: message.failure&.to_h, answer: message.answer&.to_h }
  end
end

# One method for each command.
class Driver
  include ModelCommands

  WAIT = 10

  def initialize
    public_send(:open, {})
    @records = {}
    @followings = {}
    @queues = {}
    @deliveries = {}
  end

  def answer(line)
    command = JSON.parse(line, max_nesting: 1000)
    { ok: public_send(command.fetch("do"), Values.read(command)) }
  rescue BerryMQ::Error => e
    { error: { reason: e.reason, retryable: e.retryable?, message: e.message } }
  rescue RuntimeError => e # what a function under test raised
    { error: { reason: nil, retryable: false, message: e.message } }
  end

  def hello(_) = { sdk: "ruby", version: BerryMQ::VERSION }

  def parse(command)
    identifier = BerryMQ::Identifier.parse(command["identifier"])
    { name: identifier.name, action: identifier.action, namespace: identifier.namespace,
      local: identifier.local?, reserved: identifier.reserved? }
  end

  def matches(command) = BerryMQ::Identifier.matches?(command["pattern"], command["identifier"])

  def open(_)
    @bus&.close
    @bus = BerryMQ::Bus.new
    nil
  end

  def follow(command)
    stream = @bus.follow(command["pattern"])
    @records[command["as"]] = stream
    @followings[command["as"]] = stream
    flush({})
  end

  def handle(command)
    record = @records[command["as"]] = Record.new
    guard = command.key?("guard") ? ->(_) { command["guard"] } : nil
    queue = { queue: command["queue"], queue_options: command["queue_options"]&.transform_keys(&:to_sym) }
    queue[:concurrency] = command["concurrency"] if command.key?("concurrency")
    times = command.fetch("times", Float::INFINITY)
    handler = ->(message) { heard(command, record, message, (times -= 1) >= 0) }
    @followings[command["as"]] = @bus.regist_function(command["pattern"], handler, guard: guard, **queue)
    nil
  end

  def unfollow(command)
    following = @followings.delete(command["as"])
    following.is_a?(BerryMQ::Stream) ? following.close : following.unfollow
    flush({})
  end

  def received(command)
    record = @records.fetch(command["as"])
    deadline = BerryMQ::Clock.now + command.fetch("timeout", 5)
    messages = Array.new(command["count"]) { record.get(timeout: BerryMQ::Clock.left(deadline)) }
    messages.compact.map { |message| message.is_a?(BerryMQ::Message) ? Values.message(message) : message }
  end

  def publish(command)
    receipt(@bus.publish(message(command)).wait(command.fetch("timeout", WAIT)))
  end

  def publish_many(command)
    told = @bus.publish_many(command["messages"].map { |one| [one["identifier"], *one["args"]] }).wait(WAIT)
    { followers: told.followers, queues: told.queues }
  end

  def talk(command)
    receipt(@bus.talk(command["identifier"], command["reply_to"], *command["args"], **kwargs(command)).wait(WAIT))
  end

  def pipeline(command)
    options = command.slice("errors", "results", "deadline").transform_keys(&:to_sym)
    made = @bus.pipeline(*command["identifiers"], **options)
    return Values.show(made.ask(*command["args"], **kwargs(command))) if command["call"] == "ask"

    receipt(made.talk(*command["args"], **kwargs(command)).wait(WAIT))
  end

  def ask(command) = Values.show(asking(command).ask(command["identifier"], *command["args"], **kwargs(command)))

  def ask_many(command) = Values.show(asking(command).ask_many(command["identifier"], *command["args"], **kwargs(command)).to_a)

  def queue(command)
    options = command.slice("shared", "name", "max_messages", "max_bytes", "overflow", "lease", "max_attempts", "backoff",
                            "transient", "ttl", "delay", "dedupe", "standalone_ttl", "policy")
    @queues[command["as"]] = @bus.queue(command["pattern"], **options.transform_keys(&:to_sym))
    nil
  end

  def get(command)
    auto_ack = command.fetch("auto_ack", true)
    got = @queues.fetch(command["as"]).get(timeout: command.fetch("timeout", WAIT), auto_ack: auto_ack)
    return got && Values.message(got) if auto_ack || got.nil?

    @deliveries[command["delivery"]] = got
    Values.message(got.message).merge(attempt: got.attempt)
  end

  def get_many(command)
    @queues.fetch(command["as"]).get_many(command["max"], timeout: command["timeout"]).map { |message| Values.message(message) }
  end

  def consume(command)
    deliveries = @queues.fetch(command["as"]).consume.lazy.map { |delivery| Values.message(delivery.tap(&:ack).message) }
    deliveries.first(command["count"])
  end

  def settle(command)
    delivery = @deliveries.fetch(command["delivery"])
    case command["verb"]
    when "retry" then delivery.retry(delay: command["delay"])
    when "reject" then delivery.reject(command["why"])
    when "extend" then delivery.extend(command["seconds"])
    else delivery.public_send(command["verb"])
    end
  end

  def queue_call(command)
    call = command["call"]
    result = @queues.fetch(command["as"]).public_send(%w[empty full].include?(call) ? "#{call}?" : call)
    call == "status" ? result.to_h.except(:oldest_published_at) : result
  end

  def peek(command) = @queues.fetch(command["as"]).peek(max: command["max"]).map { |message| Values.message(message) }

  def dead(command)
    @queues[command["queue"]] = @queues.fetch(command["as"]).dead
    nil
  end

  def redrive(command)
    @queues.fetch(command["as"]).redrive(**command.slice("max", "rate", "message_ids").transform_keys(&:to_sym))
  end

  def send(command)
    options = command.slice("ttl", "persistent").transform_keys(&:to_sym)
    sent = @bus.mailbox(command["ident"], **options).send(*command["args"], **kwargs(command)).wait(WAIT)
    { message_id: sent.message_id, queues: sent.queues }
  end

  def on_recv(command)
    record = @records[command["as"]] = Record.new
    @bus.on_recv { |ident, message| record.push(Values.message(message).merge(from: ident)) }
    nil
  end

  def on_drop(command)
    record = @records[command["as"]] = Record.new
    @bus.on_drop { |ident, message_id| record.push({ ident: ident, message_id: message_id }) }
    flush({})
  end

  def on_connect(command)
    record = @records[command["as"]] = Record.new
    @bus.on_connect { |ident| record.push(ident) }
    flush({})
  end

  def on_disconnect(command)
    record = @records[command["as"]] = Record.new
    @bus.on_disconnect { |ident| record.push(ident) }
    flush({})
  end

  def flush(command) = @bus.flush(timeout: command.fetch("timeout", WAIT))

  def close(_) = @bus.close

  private

  # `trouble`: it is one of the deliveries that fare as the command says.
  def heard(command, record, message, trouble)
    record.push(message)
    sleep command["hold"] if command.key?("hold") # the handler takes so long
    make(command) if trouble
    return message.twitter(command["forwards"], *message.args) && nil if command.key?("forwards")

    command["echo"] ? message.args.first : command["returns"]
  end

  def make(command)
    raise command["raises"] if command.key?("raises")
    raise BerryMQ::Retry, command["raise_retry"] if command.key?("raise_retry")
    raise BerryMQ::Reject, command["reject"] if command.key?("reject")
    raise BerryMQ::Release if command["release"]
  end

  def message(command)
    message = BerryMQ::Message.new(command["identifier"], *command["args"], **kwargs(command))
    options = command.slice("attributes", "ttl", "message_id", "payload", "content_type", "priority", "delay", "require_ack")
                     .transform_keys(&:to_sym)
    options.empty? ? message : message.with(**options)
  end

  def kwargs(command) = command.fetch("kwargs", {}).transform_keys(&:to_sym)

  def asking(command) = @bus.within(command.fetch("timeout", 30))

  def receipt(receipt) = { message_id: receipt.message_id, followers: receipt.followers, queues: receipt.queues }
end

driver = Driver.new
$stdout.sync = true
$stdin.each_line do |line|
  puts JSON.generate(driver.answer(line.force_encoding(Encoding::UTF_8)), max_nesting: 0)
end
