# frozen_string_literal: true

# Prints every message to `*:log`, from any program in any language, until it is told to end.
require "berrymq"

$stdout.sync = true
BerryMQ.following_function("*:log") { |message| puts [message.sender, message.id, *message.args].join(" ") }
BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
BerryMQ.flush
puts "following *:log"
BerryMQ.run
