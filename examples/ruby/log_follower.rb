# frozen_string_literal: true

# Prints every message to `*:log`, from any program in any language.
require "berrymq"

$stdout.sync = true
bus = BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
messages = bus.follow("*:log")
bus.flush
puts "following *:log"
begin
  messages.each { |message| puts [message.sender, message.id, *message.args].join(" ") }
rescue Interrupt
  bus.close
end
