# frozen_string_literal: true

# `include BerryMQ::Follower`: classes whose methods follow. Instances follow once they are made, until they are gone.
module BerryMQ
  module Follower
    # One `following` line: the method, its pattern, its guard, and what else `regist_method` takes.
    Line = Struct.new(:method_name, :pattern, :guard, :options) do
      def follow(method) = BerryMQ.regist_method(pattern, method, guard: guard, **options)
    end
    private_constant :Line

    def self.included(base)
      super
      base.extend(ClassMethods)
    end

    # Takes the `super` of classes as the original berryMQ wanted it, whatever they pass, and hands it on to a superclass
    # that wants it.
    def initialize(*args, **kwargs, &block)
      above = self.class.ancestors.drop_while { |ancestor| ancestor != Follower }.drop(1)
      above.find { |ancestor| ancestor.private_method_defined?(:initialize, false) } == BasicObject ? super() : super
    end

    # What a class that follows can say.
    module ClassMethods
      # Makes the next method that is defined follow a pattern. The block is a guard: a message for which it is false is skipped.
      # With `queue:` it is fed from the shared queue of that name; `queue_options:` and `concurrency:` as for regist_method.
      def following(pattern, **options, &guard)
        unknown = options.keys - %i[queue queue_options concurrency]
        raise InvalidArgument, "following has no option #{unknown.first}; it has queue, queue_options, concurrency" if unknown.any?

        (@berrymq_pending ||= []) << Line.new(nil, Identifier.parse(pattern), guard, options)
        nil
      end

      # Has every call of the next method told: `name:entry` with its arguments before, `name:exit` with its result after;
      # an identifier with one of these actions tells only that.
      def auto_twitter(identifier)
        @berrymq_told = Identifier.parse(identifier)
        nil
      end

      # Every instance follows when it is made, whole.
      def new(...)
        super.tap { |instance| follow_with(instance) }
      end

      # Lines of this class and of those above it, the nearest first.
      def berrymq_lines
        above = superclass.respond_to?(:berrymq_lines) ? superclass.berrymq_lines : []
        ((@berrymq_lines || []) + above).uniq { |line| [line.method_name, line.pattern.canonical] }
      end

      private

      def follow_with(instance)
        berrymq_lines.each { |line| line.follow(instance.method(line.method_name)) }
      end

      def method_added(name)
        super
        lines = @berrymq_pending
        told = @berrymq_told
        @berrymq_pending = @berrymq_told = nil # before redefining, which comes here again
        lines&.each { |line| (@berrymq_lines ||= []).unshift(Line.new(name, *line.to_a.drop(1))) }
        AutoTwitter.wrap(self, name, told) if told
      end

      def singleton_method_added(name)
        super
        lines = @berrymq_pending
        @berrymq_pending = nil
        lines&.each { |line| line.follow(method(name)) }
      end
    end
  end

  # Tells of a method's calls by messages.
  module AutoTwitter
    ENTRY = "entry"
    EXIT = "exit"

    def self.wrap(owner, method_name, identifier)
      entry, exit = [ENTRY, EXIT].map { |action| address(identifier, action) }
      teller = Module.new do
        define_method(method_name) do |*args, **kwargs, &block|
          BerryMQ.publish(entry, *args, **kwargs) if entry
          super(*args, **kwargs, &block).tap { |result| BerryMQ.publish(exit, result) if exit }
        end
      end
      owner.prepend(teller)
    end

    def self.address(identifier, action)
      others = [ENTRY, EXIT] - [action]
      return if others.include?(identifier.action)

      identifier.canonical.delete_suffix(":#{identifier.action}") + ":#{action}"
    end
    private_class_method :address
  end
end
