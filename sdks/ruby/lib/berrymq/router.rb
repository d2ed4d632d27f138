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
    end

    # Handlers, and nothing else.
    def simple? = @simple

    # Whether it is looked up who publishes, which costs as much as a small publish does: at the first 32, then at every 256th.
    def looked_at? = (@count += 1) <= 32 || (@count & 255).zero?

    def nobody? = handlers.empty? && streams.empty? && queues.empty? && conditions.empty?
  end
  private_constant :Route

  # Thread-safe. What is kept answers `identifier` (its pattern), `order` (ascending) and `kind` (:handler, :stream, :queue, :condition).
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
      change(entry) { |entries| entries + [entry] }
    end

    def remove(entry)
      change(entry) { |entries| entries - [entry] }
    end

    # The Route of an identifier: the entries whose pattern meets it.
    def route(identifier)
      @routes[identifier.text] || @mutex.synchronize { remember(identifier) }
    end

    # The entries of one canonical pattern.
    def at(pattern) = @patterns[pattern] || []

    # All entries.
    def entries = @mutex.synchronize { @patterns.values.flatten(1) }

    # All patterns, canonical, sorted.
    def patterns = @mutex.synchronize { @patterns.keys.sort }

    private

    def two_level = Hash.new { |outer, key| outer[key] = Hash.new { |inner, name| inner[name] = {} } }

    def change(entry)
      pattern = entry.identifier
      @mutex.synchronize do
        entries = yield(@patterns[pattern.canonical] || [])
        entries.empty? ? forget(pattern) : keep(pattern, entries.freeze)
        @routes = {}
      end
    end

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
      kinds = found(identifier).sort_by(&:order).group_by(&:kind)
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

        action == ANY ? by_name[name].values.flatten(1) : by_name[name].values_at(action, ANY).compact.flatten(1)
      end
    end

    # A wildcard name reaches all but the reserved one.
    def everybody(by_action, action)
      return [] unless by_action.key?(action)

      by_action[action].reject { |name, _| name == Identifier::RESERVED_NAME }.values.flatten(1)
    end
  end
end
