# frozen_string_literal: true

# Payloads: positional and keyword arguments as bytes with a content type, and back. The content type alone decides.
require "json"

module BerryMQ
  # args and kwargs ⇄ bytes (DESIGN §3).
  module Payload
    BYTES = "application/octet-stream"
    FAILURE = "application/vnd.berrymq.failure+json"
    # How deep values may nest; what comes from elsewhere may be deeper.
    MAX_DEPTH = 200
    MAX_PARSED_DEPTH = 1000
    JSON_TYPE = %r{\Aapplication/json\z|\A[^/]+/[^/]+\+json\z}i
    TEXT_TYPE = %r{\Atext/}i
    NO_KWARGS = {}.freeze
    # What a value is, or answers → the call that gives what JSON can hold.
    INSTEAD = { Float => nil, String => nil, iso8601: :iso8601, Time => :to_f, Struct => :to_h, Enumerable => :to_a, Numeric => :to_s,
                to_h: :to_h }.freeze
    private_constant :INSTEAD, :NO_KWARGS, :MAX_DEPTH, :MAX_PARSED_DEPTH, :JSON_TYPE, :TEXT_TYPE

    class << self
      # The content type of a call: a single binary String travels untouched.
      def content_type(args, kwargs) = lone_bytes?(args, kwargs) ? BYTES : ""

      # The bytes of a call. Raises NotEncodable, naming the path of what JSON cannot hold.
      def encode(args, kwargs)
        return args[0] if lone_bytes?(args, kwargs)

        args.each_with_index { |value, index| check(value, 1) || name_fault(value, "args[#{index}]") }
        kwargs.each { |key, value| check(value, 1) || name_fault(value, "kwargs[#{key.to_s.inspect}]") }
        JSON.generate({ "args" => args, "kwargs" => kwargs }, max_nesting: 0).force_encoding(Encoding::BINARY)
      end

      # [args, kwargs] of bytes; raises MalformedMessage when they are not what the content type says.
      def decode(payload, content_type)
        return decode_call(payload) if content_type.empty?
        return [[payload], NO_KWARGS] if content_type == BYTES

        case content_type.split(";", 2).first.to_s.strip
        when JSON_TYPE then [[parse(payload, content_type)], {}]
        when TEXT_TYPE then [[utf8(payload, content_type)], {}]
        else [[payload], {}]
        end
      end

      # A String without an encoding is bytes, whatever it holds.
      def bytes?(value) = value.is_a?(String) && value.encoding == Encoding::BINARY

      private

      def lone_bytes?(args, kwargs) = kwargs.empty? && args.size == 1 && bytes?(args[0])

      def decode_call(payload)
        return [[], {}] if payload.empty?

        call = parse(payload, "berryMQ call")
        args = call["args"] || [] if call.is_a?(Hash)
        kwargs = call["kwargs"] || {} if call.is_a?(Hash)
        return [args, kwargs.transform_keys(&:to_sym)] if args.is_a?(Array) && kwargs.is_a?(Hash)

        raise MalformedMessage, "a call is {\"args\": [...], \"kwargs\": {...}}, not #{payload.byteslice(0, 40).inspect}"
      end

      def parse(payload, what)
        JSON.parse(utf8(payload, what), max_nesting: MAX_PARSED_DEPTH)
      rescue JSON::ParserError
        raise MalformedMessage, "the payload #{payload.byteslice(0, 40).inspect} is no JSON, as #{what} would be"
      end

      def utf8(payload, what)
        text = payload.dup.force_encoding(Encoding::UTF_8)
        return text if text.valid_encoding?

        raise MalformedMessage, "the payload #{payload.byteslice(0, 40).inspect} is no UTF-8, as #{what} would be"
      end

      # Whether JSON holds the value as it is.
      def check(value, depth)
        case value
        when String then text?(value)
        when Integer, Symbol, true, false, nil then true
        when Float then value.finite?
        when Array then depth < MAX_DEPTH && value.all? { |element| check(element, depth + 1) }
        when Hash then depth < MAX_DEPTH && value.all? { |key, element| key?(key) && check(element, depth + 1) }
        else false
        end
      end

      def text?(value)
        return value.valid_encoding? if value.encoding == Encoding::UTF_8 || value.encoding == Encoding::US_ASCII

        value.encoding != Encoding::BINARY && value.encode(Encoding::UTF_8).valid_encoding?
      rescue EncodingError
        false
      end

      def key?(key) = key.is_a?(Symbol) || (key.is_a?(String) && text?(key))

      # Finds the innermost value that `check` refused and raises.
      def name_fault(value, path, depth = 1)
        raise NotEncodable, "#{path[0, 40]}… is nested more than #{MAX_DEPTH} deep, or holds itself" if depth >= MAX_DEPTH

        case value
        when Array then value.each_with_index { |element, index| descend(element, "#{path}[#{index}]", depth) }
        when Hash then value.each { |key, element| descend_pair(key, element, path, depth) }
        end
        raise NotEncodable, "#{path} is #{describe(value)}, which JSON cannot hold#{advice(value)}"
      end

      def descend(element, path, depth)
        name_fault(element, path, depth + 1) unless check(element, depth + 1)
      end

      def descend_pair(key, element, path, depth)
        raise NotEncodable, "#{path} has the key #{key.inspect}; only Strings and Symbols can be keys" unless key?(key)

        descend(element, "#{path}.#{key}", depth)
      end

      def describe(value)
        case value
        when Float then value.to_s
        when String then "#{value.encoding == Encoding::BINARY ? "bytes" : "invalid #{value.encoding}"} (#{value.bytesize} of them)"
        else "#{value.class.to_s.match?(/\A[AEIOU]/) ? "an" : "a"} #{value.class}"
        end
      end

      # What to publish in its place, where there is something.
      def advice(value)
        return "; bytes travel alone, as the only argument" if bytes?(value)

        call = INSTEAD.find { |kind, _| kind.is_a?(Module) ? value.is_a?(kind) : value.respond_to?(kind) }&.last
        call && "; publish what its `#{call}` gives"
      end
    end
  end
end
