# frozen_string_literal: true

# Messages about files that come, change and go.
module BerryMQ
  module Adapters
    # Publishes `id_name:created`, `id_name:modified`, `id_name:removed` with the path, as the glob gives it. It hears of changes by the
    # operating system where the gem `listen` is installed, and looks every `interval` seconds where it is not, or cannot.
    class FileObserver < Adapter
      ACTIONS = %w[created modified removed].freeze
      private_constant :ACTIONS

      # Raises InvalidArgument, InvalidIdentifier, Closed.
      def initialize(glob, id_name, interval: 5, bus: BerryMQ.default_bus)
        super()
        raise InvalidArgument, "the glob is #{glob.inspect}; it takes a String such as \"in/*.png\"" if !glob.is_a?(String) || glob.empty?

        @identifiers = ACTIONS.to_h { |action| [action, Identifier.parse("#{id_name}:#{action}").text] }
        @interval = checked_interval(interval)
        begin_beside(bus, "#{glob} as #{id_name}")
        @changes = FileChanges.new(glob)
        @events = FileEvents.begin(glob) { start_acting(again: true) }
        @events ? start_acting : bus.times.later(self, @interval)
      end

      # Whether the operating system tells of changes; false = it looks every `interval` seconds.
      def events? = !@events.nil?

      # The bus's time has come to look again.
      def expire
        return if @stopped

        @bus.times.later(self, @interval)
        start_acting
      end

      def stop
        super
        @events&.stop
        @events = nil
      end

      private

      def act = @changes.look.each { |action, path| @bus.publish(@identifiers[action], path) }
    end
  end
end
