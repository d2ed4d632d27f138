# frozen_string_literal: true

# Publishes a log line and three tasks, and says whom they reached.
require "berrymq"

bus = BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
receipt = bus.publish("ruby:log", "three tasks are coming").wait
puts "#{receipt.followers} followers heard the log line"
receipt = bus.publish_many([1, 2, 3].map { |number| ["task:pick", number] }).wait
puts "#{receipt.queues} queues keep the tasks"
bus.close
