# frozen_string_literal: true

# Answers whoever asks `math:add`: what the block returns is the answer.
require "berrymq"

$stdout.sync = true
BerryMQ.following_function("math:add") { |message| message.args.sum }
BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
BerryMQ.flush
puts "answering math:add"
BerryMQ.run
