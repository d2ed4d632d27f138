# frozen_string_literal: true

# Follows `bench:message` and tells, as one line of JSON, how fast the messages came or how old they were.
require "berrymq"
require "json"

url = ARGV[0]
count, progress_every = ARGV[1, 2].map(&:to_i)
received = 0
first = nil
ages = []
done = Thread::Queue.new

BerryMQ.connect(url)
BerryMQ.following_function("bench:message") do |message|
  first ||= Process.clock_gettime(Process::CLOCK_MONOTONIC)
  received += 1
  sent = message.payload.unpack1("q<")
  ages << (Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - sent) if sent.positive?
  BerryMQ.publish("bench:progress", received) if (received % progress_every).zero?
  done << true if received == count
end
BerryMQ.flush
$stdout.puts "ready"
$stdout.flush
Thread.new { sleep(120); done << false }
complete = done.pop
seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - (first || 0)
puts JSON.generate(received: received, complete: complete, seconds: seconds, ages: ages)
BerryMQ.close
