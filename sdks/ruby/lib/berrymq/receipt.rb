# frozen_string_literal: true

# What a publish returns.
module BerryMQ
  # Settled at once without a link; with one, when the gateway has answered.
  class Receipt
    # How many followers it reached: here, and (once settled) through the gateway.
    attr_reader :followers

    # How many queues keep it: here, and (once settled) at the gateway.
    attr_reader :queues

    # Of one Message, or (nil) of many.
    def initialize(message, followers = 0, queues = 0)
      @message = message
      @followers = followers
      @queues = queues
    end

    # Id of the message; nil for many.
    def message_id = @message&.message_id

    # The receipt itself once the gateway has answered. Raises what it refused with, Timeout after `timeout` seconds, or
    # Closed when the bus was closed before.
    def wait(timeout = nil)
      @outbox&.wait_through(@last, timeout)
      return self unless @error

      @told = true
      raise @error
    end

    # True once everything is answered.
    def settled? = @outbox.nil? || @outbox.through >= @last

    # Calls the block once everything is answered, with the refusal or nil, and true when that is at once.
    def when_settled(&block)
      @told = true
      @outbox ? @outbox.when_through(@last) { block.call(@error, false) } : block.call(@error, true)
    end

    def inspect
      "#<BerryMQ::Receipt #{[*message_id, settled? ? "settled" : "waiting"].join(" ")}, #{@followers} followers, #{@queues} queues>"
    end

    # What it was refused with, or nil; whether somebody was told, or will be.
    attr_reader :error # :nodoc:

    def told? = @told || false # :nodoc:

    # What follows is the outbox's to call, under its lock.
    def held_by(outbox, last_sequence)
      @outbox = outbox
      @last = last_sequence
    end

    def accept(count, followers, queues)
      @followers += count * followers
      @queues += count * queues
    end

    def refuse(error)
      @error ||= error
      self
    end
  end
end
