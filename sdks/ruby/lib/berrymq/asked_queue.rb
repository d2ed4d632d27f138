# frozen_string_literal: true

# What was said of a queue in this process, beside the one that is there: what was not said is not compared.
module BerryMQ
  module AskedQueue
    TIMES = %i[lease ttl delay dedupe].freeze
    # What the others are says nothing in a process.
    COMPARED = %i[max_messages max_bytes overflow lease max_attempts backoff ttl delay dedupe].freeze
    private_constant :TIMES, :COMPARED

    class << self
      # Both are QueueOptions, `there` with every default filled in. Raises QueueExists, naming what was said and is otherwise there.
      def check(there, asked)
        told = [*patterns(there.patterns, asked.patterns), *options(there, asked)]
        return if told.empty?

        raise QueueExists, "the queue #{there.name} exists with other options (#{told.join("; ")}); " \
                           "leave out what may be as it is, or choose another name"
      end

      # As it is made: a queue that only was named keeps `<name>:*`. Raises InvalidArgument where that is no pattern.
      def with_pattern(asked)
        return asked if asked.patterns.any?

        asked.dup.tap { |made| made.patterns = [Identifier.parse("#{asked.name}:*").text].freeze }
      rescue InvalidIdentifier
        raise InvalidArgument, "there is no queue #{asked.name}, and its name makes no pattern to make it with; give one"
      end

      private

      def patterns(there, asked)
        is, said = [there, asked].map { |texts| texts.map { |text| Identifier.parse(text).canonical }.uniq.sort.join(", ") }
        return [] if said.empty? || is == said

        ["patterns: #{is.empty? ? "none" : is} there, #{said} asked"]
      end

      def options(there, asked)
        different = COMPARED.reject { |name| asked[name].nil? || (there[name] || 0) == asked[name] }
        different.map { |name| "#{name}: #{shown(name, there[name])} there, #{shown(name, asked[name])} asked" }
      end

      def shown(name, value)
        return value.map { |time| format("%g s", time) }.join(" to ") if name == :backoff
        return value.to_s unless TIMES.include?(name)

        value.nil? || value.zero? ? "none" : format("%g s", value)
      end
    end
  end
  private_constant :AskedQueue
end
