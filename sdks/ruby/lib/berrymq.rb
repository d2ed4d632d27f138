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
require_relative "berrymq/asked_queue"
require_relative "berrymq/delivery"
require_relative "berrymq/verdicts"
require_relative "berrymq/timekeeper"
require_relative "berrymq/shelf"
require_relative "berrymq/recent_ids"
require_relative "berrymq/lease_book"
require_relative "berrymq/set_aside"
require_relative "berrymq/local_queue"
require_relative "berrymq/dead_letters"
require_relative "berrymq/local_queues"
require_relative "berrymq/queue_manners"
require_relative "berrymq/queue"
require_relative "berrymq/parameters"
require_relative "berrymq/following"
require_relative "berrymq/handler_following"
require_relative "berrymq/condition"
require_relative "berrymq/teller"
require_relative "berrymq/auto_twitter"
require_relative "berrymq/twitter_exception"
require_relative "berrymq/follower"
require_relative "berrymq/follower_hint"
require_relative "berrymq/handler_errors"
require_relative "berrymq/publications"
require_relative "berrymq/network"
require_relative "berrymq/network_drawing"
require_relative "berrymq/debug_messages"
require_relative "berrymq/workers"
require_relative "berrymq/dispatcher"
require_relative "berrymq/talk"
require_relative "berrymq/pipeline"
require_relative "berrymq/leases"
require_relative "berrymq/work"
require_relative "berrymq/durable_following"
require_relative "berrymq/acknowledging"
require_relative "berrymq/mailbox"
require_relative "berrymq/outbox"
require_relative "berrymq/fork_hook"
require_relative "berrymq/registering"
require_relative "berrymq/correspondence"
require_relative "berrymq/model"
require_relative "berrymq/classic"
require_relative "berrymq/running"
require_relative "berrymq/bus"

# The programmer-friendly, cross-language message queue.
#
#     BerryMQ.following_function("*:log") { |message| puts message.args.first }
#     BerryMQ.publish("x:log", "hello")
#
# - To publish and to follow: Bus#publish, Bus#following_function, Follower for classes, Bus#follow; the Message.
# - To ask: Bus#ask, Bus#ask_many, Bus#within, Bus#talk, Bus#pipeline.
# - What is kept until it is done: Queue; what its handlers may raise: Retry, Reject, Release.
# - Between programs: Bus#connect, Bus#run, Bus#close, Bus#send, Bus#mailbox.
# - When something goes wrong: every refusal is an Error; Bus#on_error hears what handlers raise.
#
# The functions here are those of one default Bus. Times are in seconds. `require "berrymq/testing"` has Testing::TestBus, tests
# without a server; `require "berrymq/adapters"` has Adapters, messages about files and time, and notifications.
module BerryMQ
  autoload :GatewayQueue, "#{__dir__}/berrymq/gateway_queue"

  @default_bus = Bus.new

  # A program that ends right after a publish has published. Buses of one's own are for their owners to close.
  at_exit do
    @default_bus.flush(timeout: 5) if @default_bus.connected? || @default_bus.link&.held&.positive?
    @default_bus.link&.tell_refusals
  rescue Error => e
    warn "berryMQ: not everything was published: #{e.message}"
  end

  class << self
    # The Bus behind these functions, and behind classes that include Follower.
    attr_reader :default_bus

    # Each joins the default bus to a gateway; after `close`, anew. See Bus.
    %i[connect interconnect connect_oneway connect_via_queue].each do |name|
      define_method(name) { |*args, **options| @default_bus.reopen.public_send(name, *args, **options) }
    end

    # Each is the method of the default bus; see Bus.
    %i[publish twitter publish_many talk pipeline ask ask_many within follow following_function regist_function regist_method
       cond auto_twitter twitter_exception set_multiplicity take_errors unfollow show_followers show_network debug_messages on_error
       mailbox on_recv on_drop on_connect on_disconnect send_message get get_nowait close_connection flush run close].each do |name|
      # As written by hand: a block would cost a small publish a tenth of its time.
      class_eval "def #{name}(...) = @default_bus.#{name}(...) # def publish(...) = @default_bus.publish(...)", __FILE__, __LINE__
    end

    # `following` is for classes; this says so.
    def following(pattern = nil, **)
      raise InvalidArgument, "BerryMQ.following(#{pattern.inspect}): `following` stands before a method, in a class with " \
                             "`include BerryMQ::Follower`; a block follows by BerryMQ.following_function(…) { |message| … }"
    end

    # To the program of an ident; see Bus#send. A Symbol is the name of a method, as for every object.
    def send(ident, ...) = ident.is_a?(Symbol) ? __send__(ident, ...) : @default_bus.send(ident, ...)

    private

    # `include BerryMQ::Follower` is meant; this says so.
    def included(base)
      raise InvalidArgument,
            "include BerryMQ in #{base}: BerryMQ is a namespace; `include BerryMQ::Follower` has the methods of a class follow"
    end
  end
end
