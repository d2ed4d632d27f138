# frozen_string_literal: true

# The smallest berryMQ program: no gateway, a follower that is an object.
require "berrymq"

class Logger
  include BerryMQ::Follower

  following("*:log")
  def receive_log(message)
    puts "#{message.id} #{message.args.first}"
  end
end

logger = Logger.new # followers are held weakly: keep what should go on hearing
BerryMQ.twitter("hello:log", "the berries are ripe")
logger.freeze
