# frozen_string_literal: true

# Identifiers and patterns: how an address is read, and whether a message to one reaches a follower of another.
# test/conformance/cases/identifiers.yaml is the table of every language.
module BerryMQ
  # An address that was read: `name:action` or `name@namespace:action`. Frozen.
  class Identifier
    MAX_PART_BYTES = 255
    RESERVED_NAME = "berrymq"
    ANY = "*"

    # Programs use few identifiers many times; the bound is for those that make them up.
    CACHED = 8192
    CONTROL = /[\u0000-\u001f\u007f-\u009f]/
    private_constant :CACHED, :CONTROL

    # As it was written; name; action (`*` when left out); namespace ("" is the default one).
    attr_reader :text, :name, :action, :namespace

    @cache = {}

    class << self
      # Reads an identifier or a pattern; raises InvalidIdentifier, quoting the offending part.
      def parse(text)
        return text if text.is_a?(Identifier)

        @cache[text] || remember(new(text))
      end

      # Whether a message published to `identifier` reaches a follower of `pattern`; each side may hold wildcards.
      def matches?(pattern, identifier) = parse(pattern).meets?(parse(identifier))

      private

      def remember(identifier)
        @cache = {} if @cache.size >= CACHED
        @cache[identifier.text] = identifier
      end
    end

    def initialize(text)
      @text = utf8(text)
      left, action = split(@text)
      @name, namespace = left.split("@", 2)
      @name = (@name || "").freeze
      @action = action.freeze
      @namespace = (namespace || "").freeze
      @local = @name.start_with?("_")
      @reserved = @name == RESERVED_NAME
      check(namespace)
      freeze
    end

    # True when the name begins with `_`: it never leaves its process.
    def local? = @local

    # True when the name is `berrymq`.
    def reserved? = @reserved

    # One spelling for all texts that mean the same: `test` is `test:*`.
    def canonical = @namespace.empty? ? "#{@name}:#{@action}" : "#{@name}@#{@namespace}:#{@action}"

    # Whether the two share an address.
    def meets?(other)
      @namespace == other.namespace && names_meet?(other) &&
        (@action == other.action || @action == ANY || other.action == ANY)
    end

    def to_s = @text

    def inspect = "#<BerryMQ::Identifier #{@text}>"

    private

    # A wildcard stands for every name but the reserved one, so that nobody's wildcard collects system messages.
    def names_meet?(other)
      @name == other.name || (@name == ANY && !other.reserved?) || (other.name == ANY && !reserved?)
    end

    def utf8(text)
      raise InvalidIdentifier, "#{text.inspect} is no identifier: a String such as \"name:action\" is" unless text.is_a?(String)

      utf8 = text.encode(Encoding::UTF_8)
      raise InvalidIdentifier, "#{text.inspect} is not valid UTF-8" unless utf8.valid_encoding?

      utf8.frozen? ? utf8 : utf8.dup.freeze
    rescue EncodingError
      raise InvalidIdentifier, "#{text.inspect} is #{text.encoding} and cannot be read as UTF-8"
    end

    def split(text)
      left, colon, action = text.rpartition(":")
      colon.empty? ? [text, ANY] : [left, action]
    end

    def check(namespace)
      check_part("name", @name, "@")
      check_part("action", @action, "@:")
      return unless namespace

      check_part("namespace", @namespace, "@:")
      fault("namespace", @namespace, "may not be a wildcard: no pattern crosses namespaces") if @namespace == ANY
    end

    def check_part(what, part, forbidden)
      fault(what, part, "is empty") if part.empty?
      fault(what, part, "is longer than #{MAX_PART_BYTES} bytes") if part.bytesize > MAX_PART_BYTES
      fault(what, part, "holds a `*`, which stands for a whole part only") if part != ANY && part.include?(ANY)
      fault(what, part, "holds a control character") if part.match?(CONTROL)
      fault(what, part, "holds `@` or `:`, which are not allowed there") if part.count(forbidden).positive?
    end

    def fault(what, part, rule)
      part = "#{part[0, 20]}…" if part.length > MAX_PART_BYTES / 2
      whole = @text.length > MAX_PART_BYTES ? "#{@text[0, 40]}…" : @text
      raise InvalidIdentifier, "the #{what} #{part.inspect} of #{whole.inspect} #{rule}"
    end
  end
end
