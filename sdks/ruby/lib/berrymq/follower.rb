# frozen_string_literal: true

# `include BerryMQ::Follower`: classes whose methods follow. Instances follow once they are made, until they are gone.
module BerryMQ
  module Follower
    # One `following` line: the method, its pattern or Condition, its guard, what else `regist_method` takes, and where it stands.
    Line = Struct.new(:method_name, :pattern, :guard, :options, :place) do
      def follow(method) = BerryMQ.regist_method(pattern, method, guard: guard, **options)

      # Two lines of one method for what means the same.
      def key = [method_name, pattern.is_a?(Condition) ? pattern : pattern.canonical]
    end
    private_constant :Line

    class << self
      # Structs and Data make their instances by methods of each class of theirs, which stand before what a class is extended with.
      def included(base)
        super
        made_of_members = [Struct, (::Data if defined?(::Data.define))].compact.any? { |kind| base < kind }
        return base.extend(ClassMethods) unless made_of_members

        base.singleton_class.prepend(ClassMethods, Members)
      end

      def extended(object) = refuse("extend", object)

      def prepended(base) = refuse("prepend", base)

      private

      def refuse(verb, object)
        raise InvalidArgument,
              "#{verb} BerryMQ::Follower in #{object}: `include BerryMQ::Follower` in a class; its class methods follow, too"
      end
    end

    # Takes the `super` of classes as the original berryMQ wanted it, whatever they pass, and hands it on to a superclass
    # that wants it.
    def initialize(*args, **kwargs, &block)
      above = self.class.ancestors.drop_while { |ancestor| ancestor != Follower }.drop(1)
      above.find { |ancestor| ancestor.private_method_defined?(:initialize, false) } == BasicObject ? super() : super
    end

    # What a class that follows can say. Each line is of the next method that is defined, or class method.
    module ClassMethods
      # Makes it follow a pattern, or a Condition. The block is a guard: a message for which it is false is skipped.
      # With `queue:` it is fed from the shared queue of that name; `queue_options:` and `concurrency:` as for regist_method.
      def following(pattern, **options, &guard)
        unknown = options.keys - %i[queue queue_options concurrency]
        raise InvalidArgument, "following has no option #{unknown.first}; it has queue, queue_options, concurrency" if unknown.any?

        pattern = Identifier.parse(pattern) unless pattern.is_a?(Condition)
        berrymq_pending.followed << Line.new(nil, pattern, guard, options, caller_locations(1, 1).first)
        nil
      end

      # Has every call told: `name:entry` with its arguments before, `name:exit` with its result after; with one of the flags, or
      # an identifier with one of these actions, only that.
      def auto_twitter(identifier, entry: false, exit: false)
        berrymq_pending.told << AutoTwitter.new(BerryMQ.default_bus, identifier, entry: entry, exit: exit)
        nil
      end

      # Has what it raises told: see Model#twitter_exception. It returns nil then, unless `reraise`.
      def twitter_exception(identifier, reraise: false, with_traceback: true)
        berrymq_pending.told << TwitterException.new(BerryMQ.default_bus, identifier, reraise: reraise, with_traceback: with_traceback)
        nil
      end

      # Every instance follows when it is made, whole.
      def new(...)
        berrymq_following { super }
      end

      # A module that includes Follower hands its lines on to the classes that include it.
      def included(base)
        super
        Follower.included(base)
      end

      def prepended(base)
        super
        Follower.included(base)
      end

      # Lines of this class or module alone, the last first.
      def berrymq_lines = @berrymq_lines || []

      # Lines whose method is not there yet: [those that follow, those that are told].
      Pending = Struct.new(:followed, :told)
      private_constant :Pending

      private

      def berrymq_pending = @berrymq_pending ||= Pending.new([], [])

      # The object that the block makes, which follows by the lines of its class and of all above, the nearest first; those whose method
      # a class has undefined are of no account.
      def berrymq_following
        above = ancestors.grep(ClassMethods)
        above.each { |owner| owner.__send__(:check_lines) }
        lines = above.flat_map(&:berrymq_lines).uniq(&:key)
        lines.select! { |line| method_defined?(line.method_name) || private_method_defined?(line.method_name) }
        yield.tap { |instance| lines.each { |line| line.follow(instance.method(line.method_name)) } }
      end

      def check_lines
        return unless @berrymq_pending

        telling = @berrymq_pending.told.first
        raise InvalidArgument, "#{telling.line} stands before no method of #{self}; define the method after it" if telling

        line = @berrymq_pending.followed.first
        place = Following.source_of([line.place.path, line.place.lineno])
        raise InvalidArgument,
              "following(#{line.pattern.to_s.inspect}) at #{place} stands before no method of #{self}; define the method after it"
      end

      # Wraps the method in what tells of it, the first line outermost; returns the lines that follow.
      def take_pending(owner, name)
        pending = @berrymq_pending || return
        @berrymq_pending = nil # before redefining, which comes here again
        pending.told.reverse_each { |telling| Teller.wrap_method(owner, name, telling) }
        pending.followed
      end

      def method_added(name)
        super
        take_pending(self, name)&.each { |line| (@berrymq_lines ||= []).unshift(Line.new(name, *line.to_a.drop(1))) }
      end

      def singleton_method_added(name)
        super
        take_pending(singleton_class, name)&.each { |line| line.follow(method(name)) }
      end
    end

    # What else makes instances of Structs and Data.
    module Members
      def [](...)
        berrymq_following { super }
      end
    end
    private_constant :Members
  end
end
