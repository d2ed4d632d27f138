# frozen_string_literal: true

# Publishes `bench:message` as fast as the follower takes it, or at a steady rate.
require "berrymq"

PIECE = 512
url = ARGV[0]
count, window, rate = ARGV[1, 3].map(&:to_i)
progress = 0
lock = Mutex.new
moved = ConditionVariable.new

BerryMQ.connect(url)
BerryMQ.following_function("bench:progress") do |message|
  lock.synchronize do
    progress = message.args.first
    moved.signal
  end
end
BerryMQ.flush

flood = lambda do
  payload = "\0".b * 128
  (0...count).step(PIECE) do |sent|
    lock.synchronize { moved.wait(lock, 60) until sent - progress < window }
    BerryMQ.publish_many([["bench:message", payload]] * [PIECE, count - sent].min)
  end
end

drip = lambda do
  padding = "\0".b * 120
  now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) }
  start = now.call
  count.times do |index|
    wait = start + (index * 1_000_000_000 / rate) - now.call
    sleep(wait / 1e9) if wait.positive?
    BerryMQ.publish("bench:message", [now.call].pack("q<") + padding)
  end
end

(rate.positive? ? drip : flood).call
BerryMQ.close
