# frozen_string_literal: true

# `show_network`: who sends what to whom in this process, as a diagram.
module BerryMQ
  # The network of one bus: places that published, identifiers, and who hears them.
  class Network
    # What `show_network` writes.
    FORMATS = %w[dot mermaid].freeze
    # What stands in a diagram: its kind (:place, :identifier, :follower, :queue, :stream) and its text.
    Node = Struct.new(:kind, :text) do
      def <=>(other) = [KINDS.index(kind), text] <=> [KINDS.index(other.kind), other.text]
    end
    KINDS = %i[place identifier follower queue stream].freeze
    # From node to node; the label is a pattern, or nil.
    Edge = Struct.new(:from, :to, :label)
    private_constant :Node, :Edge, :KINDS

    def initialize(router, publications)
      @router = router
      @publications = publications
      @kept = ObjectSpace::WeakMap.new # GatewayQueue → true
    end

    # A queue at the gateway belongs to the diagram for as long as this process uses it.
    def keep(queue)
      @kept[queue] = true
      queue
    end

    # The text of the diagram. `works` are the DurableFollowings; `ident` stands for places that nobody knows. Raises InvalidArgument.
    def show(format, works, ident)
      unless FORMATS.include?(format.to_s)
        raise InvalidArgument, "show_network(#{format.inspect}): it writes #{FORMATS.map(&:inspect).join(" or ")}"
      end

      NetworkDrawing.public_send(format.to_s, edges(works, ident).uniq)
    end

    private

    def edges(works, ident)
      published = @publications.to_h
      hearers = live_hearers + queue_hearers(works)
      met = published.keys.flat_map { |text| reached(Identifier.parse(text), hearers) }
      sent(published, ident) + met + unmet(hearers, met) + worked(works)
    end

    # [pattern (Identifier), Node] of everything that hears.
    def live_hearers
      @router.entries.select(&:alive?).map { |entry| [entry.identifier, node_of(entry)] }
    end

    def node_of(entry)
      case entry.kind
      when :queue then Node.new(:queue, entry.name)
      when :stream then Node.new(:stream, "stream #{entry.source}")
      else Node.new(:follower, [entry.name, entry.source].compact.join(" "))
      end
    end

    def queue_hearers(works)
      kept = @kept.keys.reject(&:over?)
      named = kept.map { |queue| [queue.name, queue.patterns] } + works.map { |work| [work.options.name, work.options.patterns] }
      named.flat_map { |name, patterns| patterns.map { |text| [Identifier.parse(text), Node.new(:queue, "queue #{name}")] } }
    end

    def sent(published, ident)
      published.flat_map do |text, places|
        places = places.map { |place| place || ident }
        places.map { |place| Edge.new(Node.new(:place, place), Node.new(:identifier, text), nil) }
      end
    end

    def reached(identifier, hearers)
      met = hearers.select { |pattern, _| identifier.meets?(pattern) }
      met.map { |pattern, node| Edge.new(Node.new(:identifier, identifier.text), node, pattern.text) }
    end

    # What nobody has published to stands with its pattern.
    def unmet(hearers, met)
      known = met.to_h { |edge| [[edge.label, edge.to], true] }
      alone = hearers.reject { |pattern, node| known.key?([pattern.text, node]) }
      alone.map { |pattern, node| Edge.new(Node.new(:identifier, pattern.text), node, pattern.text) }
    end

    def worked(works)
      works.map do |work|
        follower = Node.new(:follower, [work.name, work.source].compact.join(" "))
        Edge.new(Node.new(:queue, "queue #{work.options.name}"), follower, nil)
      end
    end
  end
  private_constant :Network
end
