# frozen_string_literal: true

# Takes tasks from a queue that all workers share, in any language, and acknowledges each when it is done.
require "berrymq"

$stdout.sync = true
bus = BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
tasks = BerryMQ::Queue.new("task:*", shared: true)
puts "waiting for task:*"
begin
  tasks.consume do |delivery|
    puts [delivery.message.id, *delivery.message.args].join(" ")
    delivery.ack
  end
rescue Interrupt
  bus.close
end
