# frozen_string_literal: true

# What was published here, and from where: what a diagram is drawn from.
module BerryMQ
  # The newest identifiers of one bus, each with its places. Thread-safe.
  class Publications
    MOST = 1000
    MOST_PLACES = 100
    # Frames between a publisher and `note`.
    DEPTH = 16
    HERE = File.dirname(__dir__)
    private_constant :MOST, :MOST_PLACES, :DEPTH, :HERE

    def initialize
      @mutex = Mutex.new
      @places = {}
    end

    # Remembers who calls. An answer is its handler's, whose place a talk knows nothing of.
    def note(message)
      return if message.identifier.reserved?

      place = message.answer ? nil : Publications.place
      @mutex.synchronize do
        places = @places[message.id] ||= {}
        places[place] = true if places.size < MOST_PLACES
        @places.shift if @places.size > MOST
      end
    end

    # Identifier's text → places; nil is one that nobody knows.
    def to_h = @mutex.synchronize { @places.transform_values(&:keys) }

    # `file:line` of the nearest code that is not the SDK's own, or nil.
    def self.place
      found = caller_locations(2, DEPTH).find { |line| line.path && !line.path.start_with?(HERE, "<internal:") }
      Following.source_of(found && [found.path, found.lineno])
    end
  end
  private_constant :Publications
end
