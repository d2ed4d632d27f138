# frozen_string_literal: true

# Answers whoever asks `math:add`: what the block returns is the answer.
require "berrymq"

$stdout.sync = true
bus = BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
BerryMQ.following_function("math:add") { |message| message.args.sum }
bus.flush
puts "answering math:add"
begin
  sleep
rescue Interrupt
  bus.close
end
