# frozen_string_literal: true

# A small shop: orders, stock, payment, mails. Its parts know messages, and not each other; shop_test.rb tests it without a server.
require "berrymq"

class Shop
  include BerryMQ::Follower

  CHECKOUT = BerryMQ.pipeline("stock:reserve", "payment:charge", "order:confirmed", errors: "order:failed")
  # Tried again after 1 s and 2 s, then a dead letter.
  MAILS = { backoff: [1, 60], max_attempts: 3 }.freeze

  # `stock` is how many of each item there are; `bank` and `post` are what really charges and sends: lambdas of (customer, order) and
  # (customer, text), which raise when they cannot.
  def initialize(stock, bank:, post:)
    @stock = stock
    @bank = bank
    @post = post
    @open = {} # pipeline → order
    @counts = { "confirmed" => 0, "failed" => 0 }
    @sent = {}
  end

  # An order: kwargs `item`, `count`, `customer`.
  following("order:new")
  def take(message)
    CHECKOUT.talk(message.kwargs.transform_keys(&:to_s))
  end

  following("stock:reserve")
  def reserve(message)
    order = message.args.first
    @open[message.attributes["berrymq-pipeline"]] = order
    left = @stock.fetch(order["item"], 0)
    raise "only #{left} of #{order["item"]} left" if left < order["count"]

    @stock[order["item"]] -= order["count"]
    order
  end

  following("payment:charge")
  def charge(message)
    order = message.args.first
    @bank.call(order["customer"], order)
    order
  end

  following("order:confirmed")
  def confirm(message)
    order = @open.delete(message.attributes["berrymq-pipeline"])
    @counts["confirmed"] += 1
    BerryMQ.publish("mail:send", "your #{order["item"]} is on its way", to: order["customer"])
  end

  # What was reserved goes back, when it was the payment that failed.
  following("order:failed")
  def give_up(message)
    order = @open.delete(message.attributes["berrymq-pipeline"])
    @counts["failed"] += 1
    @stock[order["item"]] += order["count"] if message.attributes["berrymq-at"] == "payment:charge"
    BerryMQ.publish("mail:send", "no #{order["item"]}: #{message.failure.text}", to: order["customer"])
  end

  # A queue hands out at least once: what was sent is not sent again.
  following("mail:send", queue: "mails", queue_options: MAILS)
  def mail(message)
    return if @sent[message.message_id]

    @post.call(message.to, message.args.first)
    @sent[message.message_id] = true
    BerryMQ.publish("mail:sent", to: message.to)
  end

  following("shop:report")
  def report(_message) = @counts.merge("stock" => @stock)
end
