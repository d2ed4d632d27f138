# frozen_string_literal: true

# Takes tasks from the queue `tasks`, which all workers share, in any language; each is acknowledged when the block returns.
require "berrymq"

$stdout.sync = true
BerryMQ.following_function("task:*", queue: "tasks") { |message| puts [message.id, *message.args].join(" ") }
BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
puts "waiting for task:*"
BerryMQ.run
