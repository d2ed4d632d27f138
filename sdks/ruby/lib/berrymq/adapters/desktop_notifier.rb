# frozen_string_literal: true

# Messages as notifications on the desktop.
require "open3"

module BerryMQ
  module Adapters
    # Shows each message of a pattern with `notify-send`, or `osascript` on macOS. Override `format` to say it otherwise. It only
    # listens: of more messages than can be shown the oldest go, and `berrymq:lag` tells how many.
    class DesktopNotifier < Adapter
      MOST_WAITING = 100
      # Without a shell: what a message says is no command.
      COMMANDS = {
        "notify-send" => ->(title, text) { ["notify-send", "--", title, text] },
        "osascript" => lambda { |title, text|
          ["osascript", "-e", "on run argv", "-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run",
           title, text]
        }
      }.freeze
      private_constant :MOST_WAITING, :COMMANDS

      # Raises NotSupported where neither program is there, InvalidIdentifier, Closed.
      def initialize(pattern, bus: BerryMQ.default_bus)
        super()
        @command = COMMANDS.find { |name, _| installed?(name) }&.last
        raise NotSupported, "neither notify-send (Debian: libnotify-bin) nor osascript is here to show notifications" unless @command

        begin_beside(bus, pattern)
        @stream = bus.follow(pattern, max_messages: MOST_WAITING)
        start_acting
      end

      # [title, text] of a message.
      def format(message)
        kwargs = message.kwargs.map { |name, value| "#{name}: #{value}" }
        [message.id, [*message.args, *kwargs].join("\n")]
      end

      def stop
        @stream&.close
        super
      end

      private

      def installed?(name) = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR).any? { |folder| File.executable?(File.join(folder, name)) }

      def act = @stream.each { |message| show(message) }

      def show(message)
        title, text = format(message)
        said, status = Open3.capture2e(*@command.call(title.to_s, text.to_s))
        raise Internal, "the notification of #{message.id} failed: #{said.strip}" unless status.success?
      rescue StandardError => e
        @bus.report(e, message, nil)
      end
    end
  end
end
