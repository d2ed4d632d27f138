# frozen_string_literal: true

# Which followers a message reaches, in their order of registration. The cost of one message does not depend on the
# number of patterns: routes are remembered by identifier, and found by at most four look-ups when they are not.
module BerryMQ
  # Whom a message reaches, of each kind in order of registration.
  Route = Struct.new(:handlers, :streams, :queues, :conditions) do
    def initialize(...)
      super
      @count = 0
      @simple = streams.empty? && queues.empty? && conditions.empty?
      @nobody = @simple && handlers.empty?
    end

    # Handlers, and nothing else.
    def simple? = @simple

    # Whether it is looked up who publishes, which costs as much as a small publish does: at the first 32, then at every 256th.
    def looked_at? = (@count += 1) <= 32 || (@count & 255).zero?

    def nobody? = @nobody
  end
  private_constant :Route

  # The entries of one pattern. Adding and removing cost the same with one and with ten thousand; what died unseen, since nothing was
  # published to it, is let go of as the number grows.
  class Entries
    FEW = 64
    private_constant :FEW

    def initialize
      @all = {}.compare_by_identity
      @bound = FEW
    end

    def add(entry)
      sweep if @all.size >= @bound
      @all[entry] = true
    end

    # True when it was there.
    def remove(entry) = @all.delete(entry) || false

    def empty? = @all.empty?

    def to_a = @all.keys

    private

    def sweep
      @all.select! { |entry, _| entry.alive? }
      @bound = [FEW, @all.size * 2].max
    end
  end
  private_constant :Entries

  # Thread-safe. What is kept answers `identifier` (its pattern), `order` (ascending), `alive?`, and `kind`
  # (:handler, :stream, :queue, :condition).
  class Router
    CACHED = 8192
    ANY = Identifier::ANY
    private_constant :CACHED, :ANY

    def initialize
      @mutex = Mutex.new
      @names = two_level # namespace → name → action → entries
      @actions = two_level # namespace → action → name → the same entries
      @patterns = {} # canonical pattern → entries
      @routes = {}
    end

    def add(entry)
      pattern = entry.identifier
      @mutex.synchronize do
        (@patterns[pattern.canonical] || keep(pattern, Entries.new)).add(entry)
        @routes = {}
      end
    end

    # True when it was there.
    def remove(entry)
      pattern = entry.identifier
      @mutex.synchronize do
        entries = @patterns[pattern.canonical]
        next false unless entries&.remove(entry)

        forget(pattern) if entries.empty?
        @routes = {}
        true
      end
    end

    # The Route of an identifier: the entries whose pattern meets it.
    def route(identifier)
      @routes[identifier.text] || @mutex.synchronize { remember(identifier) }
    end

    # The entries of one canonical pattern.
    def at(pattern) = @mutex.synchronize { @patterns[pattern].to_a }

    # All entries.
    def entries = @mutex.synchronize { @patterns.values.flat_map(&:to_a) }

    # All patterns, canonical, sorted.
    def patterns = @mutex.synchronize { @patterns.keys.sort }

    private

    def two_level = Hash.new { |outer, key| outer[key] = Hash.new { |inner, name| inner[name] = {} } }

    def keep(pattern, entries)
      @patterns[pattern.canonical] = entries
      @names[pattern.namespace][pattern.name][pattern.action] = entries
      @actions[pattern.namespace][pattern.action][pattern.name] = entries
    end

    def forget(pattern)
      @patterns.delete(pattern.canonical)
      drop(@names, pattern.namespace, pattern.name, pattern.action)
      drop(@actions, pattern.namespace, pattern.action, pattern.name)
    end

    def drop(index, namespace, outer, inner)
      index[namespace][outer].delete(inner)
      index[namespace].delete(outer) if index[namespace][outer].empty?
      index.delete(namespace) if index[namespace].empty?
    end

    def remember(identifier)
      @routes = {} if @routes.size >= CACHED
      kinds = found(identifier).flat_map(&:to_a).sort_by(&:order).group_by(&:kind)
      @routes[identifier.text] = Route.new(*%i[handler stream queue condition].map { |kind| kinds.fetch(kind, []).freeze })
    end

    def found(identifier)
      return [] unless @names.key?(identifier.namespace)
      return under(@names[identifier.namespace], names(identifier), identifier.action) if identifier.name != ANY

      by_action = @actions[identifier.namespace]
      actions = identifier.action == ANY ? by_action.keys : [identifier.action, ANY]
      actions.flat_map { |action| everybody(by_action, action) }
    end

    def names(identifier) = identifier.reserved? ? [identifier.name] : [identifier.name, ANY]

    def under(by_name, names, action)
      names.flat_map do |name|
        next [] unless by_name.key?(name)

        action == ANY ? by_name[name].values : by_name[name].values_at(action, ANY).compact
      end
    end

    # A wildcard name reaches all but the reserved one.
    def everybody(by_action, action)
      return [] unless by_action.key?(action)

      by_action[action].reject { |name, _| name == Identifier::RESERVED_NAME }.values
    end
  end
end
