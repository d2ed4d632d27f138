# frozen_string_literal: true

# The public face of berryMQ for Ruby: what it is made of, and the default bus as functions.
require_relative "berrymq/version"
require_relative "berrymq/errors"
require_relative "berrymq/identifier"
require_relative "berrymq/payload"
require_relative "berrymq/message_ids"
require_relative "berrymq/message"
require_relative "berrymq/clock"
require_relative "berrymq/receipt"
require_relative "berrymq/router"
require_relative "berrymq/stream"
require_relative "berrymq/queue_options"
require_relative "berrymq/queue_patterns"
require_relative "berrymq/delivery"
require_relative "berrymq/verdicts"
require_relative "berrymq/timekeeper"
require_relative "berrymq/shelf"
require_relative "berrymq/recent_ids"
require_relative "berrymq/lease_book"
require_relative "berrymq/local_queue"
require_relative "berrymq/dead_letters"
require_relative "berrymq/local_queues"
require_relative "berrymq/queue"
require_relative "berrymq/following"
require_relative "berrymq/follower"
require_relative "berrymq/workers"
require_relative "berrymq/dispatcher"
require_relative "berrymq/talk"
require_relative "berrymq/leases"
require_relative "berrymq/work"
require_relative "berrymq/durable_following"
require_relative "berrymq/acknowledging"
require_relative "berrymq/mailbox"
require_relative "berrymq/outbox"
require_relative "berrymq/fork_hook"
require_relative "berrymq/bus"

# The programmer-friendly, cross-language message queue.
#
#   BerryMQ.following_function("*:log") { |message| puts message.args.first }
#   BerryMQ.twitter("x:log", "hello")
module BerryMQ
  autoload :GatewayQueue, "#{__dir__}/berrymq/gateway_queue"

  @default_bus = Bus.new

  # A program that ends right after a publish has published. Buses of one's own are for their owners to close.
  at_exit do
    @default_bus.flush(timeout: 5) if @default_bus.connected?
  rescue Error => e
    warn "berryMQ: not everything was published: #{e.message}"
  end

  class << self
    # The Bus behind these functions, and behind classes that include Follower.
    attr_reader :default_bus

    # Joins the default bus to a gateway; after `close`, anew. See Bus#connect.
    def connect(...) = @default_bus.reopen.connect(...)

    # Each is the method of the default bus; see Bus.
    %i[publish twitter publish_many talk ask ask_many within follow following_function regist_function regist_method set_multiplicity
       show_followers on_error mailbox on_recv on_drop on_connect on_disconnect flush close].each do |name|
      define_method(name) { |*args, **kwargs, &block| @default_bus.public_send(name, *args, **kwargs, &block) }
    end

    # To the program of an ident; see Bus#send. A Symbol is the name of a method, as for every object.
    def send(ident, ...) = ident.is_a?(Symbol) ? __send__(ident, ...) : @default_bus.send(ident, ...)
  end
end
