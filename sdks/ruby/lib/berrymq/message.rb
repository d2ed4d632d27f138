# frozen_string_literal: true

# Messages: what somebody published. Immutable; what is not looked at is never decoded or encoded.
module BerryMQ
  # Marks a message as the answer to another: `to` is that message's id; `number` of `of` this process's answers;
  # `failed` when the handler raised.
  Answer = Struct.new(:to, :number, :of, :failed, keyword_init: true) do
    def failed? = failed
  end

  # What a handler raised: its class and text.
  Failure = Struct.new(:class_name, :text, keyword_init: true)

  # A message that this process made.
  class Message
    MICROS = 1_000_000
    NO_ATTRIBUTES = {}.freeze
    private_constant :MICROS, :NO_ATTRIBUTES

    # Address, parsed.
    attr_reader :identifier
    # Ident of who published it; nil until it was published.
    attr_reader :sender
    # Identifier that wants the answers, or nil.
    attr_reader :reply_to
    # Answer, or nil.
    attr_reader :answer

    # `Message.new("task:log", 1, level: 3)`; see #with for what are no arguments.
    def initialize(identifier, *args, **kwargs)
      @identifier = Identifier.parse(identifier)
      @args = args.freeze
      @kwargs = kwargs.freeze
    end

    # A copy with other options: `ttl` (seconds), `attributes` (Hash of Strings), `message_id`, `reply_to`, and `payload`
    # (bytes) with `content_type` in place of the arguments. Raises InvalidArgument for what is none of these.
    def with(**options)
      if options.key?(:content_type) && !options.key?(:payload)
        raise InvalidArgument, "content_type is #{options[:content_type].inspect} without a payload; give both"
      end

      options = { content_type: Payload::BYTES, **options } if options.key?(:payload)
      dup.tap { |copy| options.each { |name, value| copy.set(name, value) } }
    end

    # The address as text, as berryMQ always called it.
    def id = @identifier.text

    def name = @identifier.name

    def action = @identifier.action

    def namespace = @identifier.namespace

    # Positional arguments; Array, frozen. Raises MalformedMessage when the payload is not what the content type says.
    def args = @args || decode.first

    # Keyword arguments; Hash with Symbol keys, frozen.
    def kwargs = @kwargs || decode.last

    # Bytes; raises NotEncodable when an argument is nothing that JSON can hold.
    def payload = @payload || encode

    def content_type = @content_type || Payload.content_type(@args, @kwargs)

    # Marks of the publisher; Hash of Strings.
    def attributes = @attributes || NO_ATTRIBUTES

    # Unique name of this message.
    def message_id = @message_id ||= MessageIds.next

    # Time.
    def published_at = time(published_micros)

    # Time after which it is worth nothing, or nil.
    def expires_at = expires_micros.zero? ? nil : time(expires_micros)

    # How many talks and links it has travelled.
    def hops = @hops || 0

    # Failure when this is the answer of a handler that raised, else nil.
    def failure
      return unless content_type == Payload::FAILURE

      told = args.first
      Failure.new(class_name: told["class"].to_s, text: told["text"].to_s) if told.is_a?(Hash)
    end

    # Calls something with the keyword arguments.
    def apply(callable = nil, &block) = (callable || block).call(**kwargs)

    # Microseconds since the Unix epoch.
    def published_micros = @published_micros ||= Message.now_micros

    # Microseconds since the Unix epoch; 0 = never.
    def expires_micros
      @expires_micros ||= @ttl ? published_micros + (@ttl * MICROS).round : 0
    end

    def expired?(now = Message.now_micros) = expires_micros.positive? && expires_micros <= now

    def self.now_micros = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)

    # Whether it has more than what every message has.
    def rare? = @ttl || @attributes || @reply_to || @answer || @hops ? true : false

    # Sets once who published it and when.
    def stamp(sender)
      published_micros
      @sender ||= sender
      self
    end

    def inspect = "#<#{self.class} #{id} #{message_id}>"

    # Keyword arguments are readable as attributes: `message.level`.
    def method_missing(name, *args)
      args.empty? && kwargs.key?(name) ? kwargs[name] : super
    end

    def respond_to_missing?(name, include_private = false)
      (!include_private && kwargs.key?(name)) || super
    rescue MalformedMessage
      super
    end

    protected

    def set(option, value)
      case option
      when :ttl then set_ttl(value)
      when :attributes then @attributes = Message.checked_attributes(value)
      when :message_id then @message_id = Message.checked_text(option, value)
      when :content_type then @content_type = Message.checked_text(option, value)
      when :payload then set_payload(value)
      when :reply_to then @reply_to = value && Identifier.parse(value).text
      when :hops, :answer then instance_variable_set(:"@#{option}", value)
      else raise InvalidArgument, "a message has no option #{option}; it has ttl, attributes, message_id, content_type, payload, reply_to"
      end
    end

    class << self
      def checked_text(option, value)
        return value if value.is_a?(String) && value.bytesize <= 128

        raise InvalidArgument, "#{option} is #{value.inspect}; it takes a String of at most 128 bytes"
      end

      def checked_attributes(value)
        pairs = value.to_h { |key, text| [key.to_s, text.to_s] }
        return pairs.freeze if pairs.size <= 64

        raise InvalidArgument, "attributes holds #{pairs.size} pairs; a message takes at most 64"
      end
    end

    private

    def set_ttl(value)
      raise InvalidArgument, "ttl is #{value.inspect}; it takes seconds" unless value.is_a?(Numeric) && value.to_f.finite?

      @ttl = value
      @expires_micros = nil
    end

    def set_payload(value)
      raise InvalidArgument, "payload is #{value.inspect}; it takes a String of bytes" unless value.is_a?(String)

      @payload = value.b.freeze
      @args = @kwargs = nil
    end

    def decode
      args, kwargs = Payload.decode(payload, content_type)
      @args = args.freeze
      @kwargs = kwargs.freeze
      [@args, @kwargs]
    end

    def encode
      @payload = Payload.encode(args, kwargs)
    end

    def time(micros) = Time.at(micros / MICROS, micros % MICROS, :usec)
  end
end
