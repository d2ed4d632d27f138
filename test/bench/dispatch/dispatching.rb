# frozen_string_literal: true

# Dispatches in this process, per second: `dispatching.rb CONTESTANT FOLLOWERS [MESSAGES]` prints them.
MESSAGES = Integer(ARGV[2] || 200_000)
WARMING = MESSAGES / 10

# Each gives what sends one message to so many followers, which call `heard`.
CONTESTANTS = {
  "berrymq" => lambda { |followers, heard|
    require "berrymq"
    followers.times { BerryMQ.following_function("order:*") { |message| heard.call(message.args[0]) } }
    -> { BerryMQ.publish("order:new", 1) }
  },
  "wisper" => lambda { |followers, heard|
    require "wisper"
    shop = Class.new do
      include Wisper::Publisher
      def order(number) = broadcast(:order_new, number)
    end.new
    followers.times { shop.on(:order_new) { |number| heard.call(number) } }
    -> { shop.order(1) }
  },
  "activesupport" => lambda { |followers, heard|
    require "active_support"
    require "active_support/notifications"
    followers.times { ActiveSupport::Notifications.subscribe("order.new") { |_, _, _, _, payload| heard.call(payload[:number]) } }
    -> { ActiveSupport::Notifications.instrument("order.new", number: 1) }
  }
}.freeze

contestant, followers = ARGV[0], Integer(ARGV[1])
calls = 0
send_one = CONTESTANTS.fetch(contestant).call(followers, ->(_) { calls += 1 })
WARMING.times { send_one.call }
calls = 0
begun = Process.clock_gettime(Process::CLOCK_MONOTONIC)
MESSAGES.times { send_one.call }
seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun
abort "#{contestant}: #{calls} calls instead of #{MESSAGES * followers}" unless calls == MESSAGES * followers
puts MESSAGES / seconds
