# frozen_string_literal: true

# Messages about files that come, change and go.
module BerryMQ
  module Adapters
    # Publishes `id_name:created`, `id_name:modified`, `id_name:removed` with the path, as the glob gives it. It hears of changes by the
    # operating system where the gem `listen` is installed; besides, it looks every `interval` seconds: a folder that was removed and made
    # again, or a name that is no UTF-8, puts an end to the system's word without a sign.
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
        start_acting if @events # for what came before the system watched
        bus.times.later(self, @interval)
      end

      # Whether the operating system tells of changes; false = it looks every `interval` seconds, and no more.
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

      def act = @changes.look.each { |action, path| tell(action, path) }

      # One that cannot be told does not hold back the others.
      def tell(action, path)
        @bus.publish(@identifiers[action], path)
      rescue Closed
        raise
      rescue Error => e
        @bus.report(e, nil, nil)
      end
    end
  end
end
