# frozen_string_literal: true

# Asks `math:add`, which some program in some language answers.
require "berrymq"

bus = BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"))
begin
  puts bus.ask("math:add", 1, 2, 3)
rescue BerryMQ::NoFollowers
  puts "nobody answers; start an answerer"
end
bus.close
