# frozen_string_literal: true

# Publishes a log line and three tasks, and says whom the line reached.
require "berrymq"

bus = BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
receipt = bus.publish("ruby:log", "three tasks are coming").wait
puts "#{receipt.followers} followers heard the log line"
bus.publish_many([1, 2, 3].map { |number| ["task:pick", number] }).wait
puts "the tasks are published"
bus.close
