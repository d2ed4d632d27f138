# frozen_string_literal: true

# Two programs and their mailboxes: niess listens and answers "hello, <ident>"; bob sends him a text of 1 MB 100 times, which waits
# for him where he is not there, and prints how many hellos came.
require "berrymq"

URL = ENV.fetch("BERRYMQ_URL", "localhost:7201")
TIMES = 100

def niess
  bus = BerryMQ::Bus.new.connect(URL, ident: "niess")
  bus.on_recv { |ident, _message| bus.send(ident, "hello, #{ident}") }
  bus
end

def bob
  bus = BerryMQ::Bus.new.connect(URL, ident: "bob")
  hellos = Thread::Queue.new
  bus.on_recv { |_ident, message| hellos << message.args.first }
  text = "x" * 1_000_000
  TIMES.times { bus.mailbox("niess", persistent: true).send(text) }
  TIMES.times { hellos.pop }
  puts "#{TIMES} hellos came"
  bus
end

[niess, bob].each(&:close)
