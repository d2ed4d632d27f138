# frozen_string_literal: true

# The patterns of one queue: each checked, each once, in an order that says nothing.
module BerryMQ
  module QueuePatterns
    # As the contract bounds them.
    MOST = 100

    class << self
      # Of a queue without a pattern, which is one to open: none. Raises InvalidArgument unless it says which one is meant.
      def of_named(name, shared)
        return [].freeze if shared && !name.to_s.empty?

        raise InvalidArgument, "a queue without a pattern is one to open: name it, with Queue.new(name: \"jobs\", shared: true); " \
                               "a queue to make takes a pattern, as in Queue.new(\"task:*\")"
      end

      # What a queue of that name (or nil) keeps: one pattern as it was written; several in full and sorted, so that whoever names the
      # same ones means the same queue. Raises InvalidIdentifier and InvalidArgument, quoting what is wrong.
      def read(given, name)
        patterns = (given.is_a?(Array) ? given : [given]).map { |text| Identifier.parse(text) }.uniq(&:canonical)
        raise InvalidArgument, "patterns: #{patterns.size} of them; a queue takes 1 to #{MOST}" unless patterns.size.between?(1, MOST)
        return [patterns.first.text].freeze if patterns.one?

        check_together(patterns, name)
        patterns.map(&:canonical).sort.freeze
      end

      # Whether a queue that keeps the ones (none = whatever is laid there) may hold what the others match.
      def meet?(kept, asked)
        kept.empty? || kept.any? { |one| asked.any? { |other| Identifier.matches?(one, other) } }
      end

      private

      def check_together(patterns, name)
        texts = patterns.map(&:canonical)
        if name.to_s.empty?
          shown = texts.first(2).map(&:inspect).join(", ") + (texts.size > 2 ? ", …" : "")
          raise InvalidArgument, "patterns [#{shown}]: a queue of several patterns needs a name: …"
        end

        local, others = patterns.partition(&:local?)
        return if local.empty? || others.empty?

        raise InvalidArgument, "patterns: #{local.first.text.inspect} never leaves the process and #{others.first.text.inspect} does; " \
                               "make a queue of each kind"
      end
    end
  end
  private_constant :QueuePatterns
end
