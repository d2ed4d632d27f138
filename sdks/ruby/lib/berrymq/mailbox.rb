# frozen_string_literal: true

# Mailboxes: messages to the program of an ident, whether it is there or not; and who comes and goes.
module BerryMQ
  # The mailbox of an ident, to send to. `Bus#mailbox` makes it.
  class Mailbox
    PERSISTENT = "_mailbox"
    TRANSIENT = "_mailbox.transient"
    ESCAPED = /[%:@*]/
    private_constant :ESCAPED

    # `ttl` in seconds, nil = for ever; not `persistent`: it does not outlive the gateway.
    def initialize(bus, ident, ttl: nil, persistent: true)
      @bus = bus
      @identifier = Mailbox.address(Bus.checked_ident(ident), persistent)
      @options = { ttl: ttl }.compact
    end

    # Sends; returns a Receipt. Raises Unavailable before the first connect, and what Bus#publish raises.
    def send(*args, **kwargs)
      message = Message.new(@identifier, *args, **kwargs)
      @bus.publish_outside(@options.empty? ? message : message.with(**@options))
    end

    # The identifier behind an ident, which is the name of its queue, too.
    def self.address(ident, persistent)
      "#{persistent ? PERSISTENT : TRANSIENT}:#{ident.gsub(ESCAPED) { |letter| format("%%%02X", letter.ord) }}"
    end

    # The ident behind an identifier; nil when it is no mailbox's.
    def self.ident_of(text)
      identifier = Identifier.parse(text)
      return unless [PERSISTENT, TRANSIENT].include?(identifier.name)

      identifier.action.gsub(/%(\h\h)/) { Regexp.last_match(1).hex.chr }
    rescue InvalidIdentifier
      nil
    end
  end

  # What one bus receives: its own mailboxes, and the system's word of programs and lost messages.
  class Mailroom
    # What registering returns.
    class Registration
      def initialize(&remove)
        @remove = remove
      end

      # Is called no more. Idempotent.
      def remove
        @remove.call
        nil
      end
    end

    # What is called with what is sent to this bus.
    attr_accessor :receivers

    # `tell` is called with (error, message, handler).
    def initialize(bus, leases, tell)
      @bus = bus
      @mutex = Mutex.new
      @receivers = []
      @begin = -> { Work.new(self, leases, tell: tell) }
      begin_anew
    end

    def on_recv(callback)
      @mutex.synchronize { @receivers += [callback] }
      join(@bus.link) if @bus.link
      Registration.new { @mutex.synchronize { @receivers -= [callback] } }
    end

    def on_drop(callback)
      on_system("drop") do |told|
        ident = Mailbox.ident_of(told[:identifier]) if told[:sender] == @bus.ident
        callback.call(ident, told[:message_id]) if ident
      end
    end

    def on_connect(callback) = on_system("connect") { |told| callback.call(told[:ident]) }

    def on_disconnect(callback) = on_system("disconnect") { |told| callback.call(told[:ident]) }

    # Consumes both mailboxes, if somebody wants to receive.
    def join(link)
      @mutex.synchronize do
        return if @receivers.empty? || @link.equal?(link)

        @link = link
      end
      [true, false].each { |persistent| @work.feed(GatewayQueue.new(link, Mailbox.address(@bus.ident, persistent))) }
    end

    def stop
      @work.stop
      @link = nil
    end

    # In a forked child, whose mailboxes are its own.
    def after_fork
      joined = @link
      begin_anew
      join(joined) if joined
    end

    # What follows makes it the handler of its work.

    def alive? = true

    def wants?(_message) = true

    def source = "the mailbox of #{@bus.ident}"

    # Every receiver hears it; then the first error of one is raised.
    def call(message)
      errors = @receivers.filter_map { |receiver| error_of(receiver, message) }
      raise errors.first if errors.any?
    end

    private

    def begin_anew
      @work = @begin.call
      @link = nil # that the mailboxes are consumed on
    end

    def error_of(receiver, message)
      receiver.call(message.sender, message)
      nil
    rescue HandlersOwn => e
      e
    end

    def on_system(action)
      following = @bus.regist_function("#{Identifier::RESERVED_NAME}:#{action}") { |message| yield message.kwargs }
      Registration.new { following.unfollow }
    end
  end
end
