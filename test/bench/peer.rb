# frozen_string_literal: true

# The Ruby end of the bench: `peer.rb publish|follow URL COUNT`; says one line of JSON when it is done.
require "berrymq"
require "json"

PAYLOAD = ("\0" * 128).b.freeze
WINDOW = 20_000
$stdout.sync = true

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

def publish(bus, count)
  $stdin.gets
  started = now
  (count / WINDOW).times { bus.publish_many(Array.new(WINDOW) { BerryMQ::Message.new("bench:run", PAYLOAD) }).wait(60) }
  bus.publish_many([["bench:end"]]).wait(60)
  puts JSON.generate(seconds: now - started)
end

def follow(bus)
  ended = Thread::Queue.new
  heard = 0
  first = nil
  bus.following_function("bench:*") do |message|
    if message.action == "end"
      ended << true
    else
      first ||= now
      heard += 1
    end
  end
  bus.flush
  puts "ready"
  ended.pop
  puts JSON.generate(seconds: now - first, messages: heard)
end

bus = BerryMQ.connect(ARGV.fetch(1))
ARGV.fetch(0) == "publish" ? publish(bus, Integer(ARGV.fetch(2))) : follow(bus)
bus.close
