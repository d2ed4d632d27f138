# frozen_string_literal: true

# Messages that came over the link, whichever transport carried them.
require_relative "message"

module BerryMQ
  # Over what a transport read (`told`), which has a reader for each field of the contract's Message; absent is the contract's default.
  # Every field is read when it is asked for.
  class ReceivedMessage < Message
    def initialize(told) # rubocop:disable Lint/MissingSuper -- nothing of a made message is there
      @told = told
      @identifier = Identifier.parse(told.identifier)
    end

    def payload = @payload || @told.payload

    def content_type = @content_type || @told.content_type

    def attributes = @attributes ||= @told.attributes.to_h.freeze

    def message_id = @message_id ||= @told.id

    def sender = @sender ||= presence(@told.sender)

    def reply_to = @reply_to ||= presence(@told.reply_to)

    def hops = @hops || @told.hops

    def published_micros = @told.published_at

    # Its publisher stamped it.
    def stamp(sender, bus)
      return dup.tap { |copy| copy.on(bus) } if @bus && !@bus.equal?(bus)

      @sender = sender if sender && self.sender.nil?
      @bus = bus
      self
    end

    def expires_micros = @ttl ? super : @told.expires_at

    def priority = @priority || @told.priority

    def deliver_micros = @delay ? super : @told.deliver_at

    def require_ack? = @require_ack.nil? ? @told.require_ack : @require_ack

    def attempt = @attempt || [@told.attempt, 1].max

    def answer
      @answer ||= @told.answer&.then { |mark| Answer.new(to: mark.to, number: mark.number, of: mark.of, failed: mark.failed) }
    end

    def rare? = true

    def received? = true

    # Has `taken` acknowledge.
    def when_taken(&acknowledge)
      @when_taken = acknowledge
    end

    def taken
      @when_taken&.call
      nil
    end

    # True when the publisher could not know whether it arrived the first time.
    def resent? = @told.resent

    private

    def presence(text) = text.empty? ? nil : text
  end
end
