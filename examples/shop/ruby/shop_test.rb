# frozen_string_literal: true

# The shop, tested without a server, in milliseconds: ruby -I../../../sdks/ruby/lib -I../../../sdks/ruby/gen shop_test.rb
# The same at a gateway, in real time: BERRYMQ_TEST_GATEWAY=localhost:7201 ruby …
require "minitest/autorun"
require "berrymq/testing/minitest"
require_relative "shop"

class ShopTest < Minitest::Test
  include BerryMQ::Testing::Minitest

  def setup
    BerryMQ.on_error { |*| } # what handlers raise here, they raise on purpose
    @letters = []
    @bank = ->(_customer, _order) {}
    @post = ->(_customer, text) { @letters << text }
    @shop = Shop.new({ "plum" => 5 }, bank: ->(*order) { @bank.call(*order) }, post: ->(*letter) { @post.call(*letter) })
    BerryMQ.flush
  end

  def order(count) = BerryMQ.publish("order:new", item: "plum", count: count, customer: "ann")

  def dead_mails = BerryMQ::Queue.new(name: "mails", shared: true).dead

  # A post office that is closed for so many letters.
  def close_post(times)
    @post = lambda do |_customer, text|
      raise "the post office is closed" if (times -= 1) >= 0

      @letters << text
    end
  end

  def test_an_order_is_confirmed
    order(2)
    confirmed = berrymq.assert_published("order:confirmed").first
    assert_equal({ "item" => "plum", "count" => 2, "customer" => "ann" }, confirmed.args.first)
    berrymq.assert_not_published("order:failed")
  end

  def test_each_step_is_called_once
    order(2)
    berrymq.mock(@shop.method(:reserve)).assert_called_once_with({ "item" => "plum", "count" => 2, "customer" => "ann" })
    berrymq.mock(@shop.method(:charge)).assert_called_once_with({ "item" => "plum", "count" => 2, "customer" => "ann" })
    berrymq.mock(@shop.method(:give_up)).assert_not_called
  end

  def test_a_confirmed_order_is_mailed
    order(2)
    berrymq.assert_published("mail:sent", to: "ann")
    assert_equal ["your plum is on its way"], @letters
  end

  def test_what_is_not_in_stock_fails
    order(6)
    failed = berrymq.assert_published("order:failed").first
    assert_equal ["only 5 of plum left", "stock:reserve"], [failed.failure.text, failed.attributes["berrymq-at"]]
    berrymq.assert_not_published("payment:charge")
  end

  def test_a_refused_card_gives_the_stock_back
    @bank = ->(customer, _order) { raise "no money, #{customer}" }
    order(5)
    berrymq.assert_published("order:failed")
    assert_equal({ "confirmed" => 0, "failed" => 1, "stock" => { "plum" => 5 } }, BerryMQ.ask("shop:report"))
  end

  def test_who_fails_is_told_by_mail
    order(6)
    berrymq.assert_published("mail:sent", to: "ann")
    assert_equal ["no plum: only 5 of plum left"], @letters
  end

  def test_a_mail_is_tried_again_after_a_second
    close_post(1)
    order(1)
    berrymq.assert_not_published("mail:sent")
    berrymq.advance(1)
    berrymq.assert_published("mail:sent")
    assert_equal 1, @letters.size
  end

  def test_a_mail_that_never_goes_is_a_dead_letter
    close_post(100)
    order(1)
    letter = dead_mails.get(timeout: 10)
    assert_equal ["ann", "3"], [letter.to, letter.attributes["berrymq-dead-attempts"]]
    assert_operator berrymq.now, :>=, 3
  end

  def test_a_dead_letter_is_sent_after_all
    close_post(3)
    order(1)
    assert dead_mails.get(timeout: 10, auto_ack: false).release.nil?
    dead_mails.redrive
    berrymq.assert_published("mail:sent")
    assert_equal 1, @letters.size
  end

  def test_the_report_counts_orders
    [2, 2, 2].each { |count| order(count) }
    berrymq.settle
    assert_equal({ "confirmed" => 2, "failed" => 1, "stock" => { "plum" => 1 } }, BerryMQ.ask("shop:report"))
  end

  def test_nobody_gets_a_mail_twice
    berrymq.faults(duplicate: 1, reorder: 0.5)
    3.times { order(1) }
    berrymq.settle
    assert_equal 3, @letters.size
    assert_equal 6, berrymq.mock(@shop.method(:mail)).call_count
  rescue BerryMQ::NotSupported => e
    skip e.message
  end
end
