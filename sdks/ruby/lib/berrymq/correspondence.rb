# frozen_string_literal: true

# What a Bus sends to programs by their idents, and hears of them.
module BerryMQ
  module Correspondence
    # Sends to the program of that ident: now, or when it next connects. Returns a Receipt. Raises Unavailable before the first
    # connect. A Symbol is the name of a method, as for every object.
    def send(ident, ...) = ident.is_a?(Symbol) ? super : mailbox(ident).send(...)

    # The Mailbox of an ident, with options of its own.
    def mailbox(ident, ttl: nil, persistent: true) = Mailbox.new(self, ident, ttl: ttl, persistent: persistent)

    # Calls with (ident of the sender, message) for what is sent to this bus; what returns is done, what raises comes again. Each
    # of these returns something with `remove`.
    def on_recv(callback = nil, &block) = mailroom.on_recv(Bus.callback(:on_recv, callback || block, %w[ident message]))

    # Calls with (ident, message_id) when what was sent to that ident expired unread.
    def on_drop(callback = nil, &block) = mailroom.on_drop(Bus.callback(:on_drop, callback || block, %w[ident message_id]))

    # Calls with the ident of every program that connects.
    def on_connect(callback = nil, &block) = mailroom.on_connect(Bus.callback(:on_connect, callback || block, %w[ident]))

    # Calls with the ident of every program that is gone.
    def on_disconnect(callback = nil, &block) = mailroom.on_disconnect(Bus.callback(:on_disconnect, callback || block, %w[ident]))

    # What is called with what is sent to this bus.
    def receivers = @mailroom.receivers

    def receivers=(callbacks)
      @mailroom.receivers = callbacks
    end

    private

    def mailroom
      raise_if_closed
      @mailroom
    end
  end
end
