# frozen_string_literal: true

# Messages: what somebody published. Immutable; what is not looked at is never decoded or encoded.
require "digest"

module BerryMQ
  # Marks a message as the answer to another: `to` is that message's id; `number` of `of` this process's answers;
  # `failed` when the handler raised.
  Answer = Struct.new(:to, :number, :of, :failed, keyword_init: true) do
    # Whether the handler raised.
    def failed? = failed
  end

  # What a handler raised: its class and text.
  Failure = Struct.new(:class_name, :text, keyword_init: true)

  # A message that this process made.
  class Message
    MICROS = 1_000_000
    NO_ATTRIBUTES = {}.freeze
    OPTIONS = %w[ttl delay priority require_ack attributes message_id content_type payload reply_to].freeze
    PRIORITIES = (0..9)
    private_constant :MICROS, :NO_ATTRIBUTES, :OPTIONS, :PRIORITIES

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
      made_of(identifier, args, kwargs)
    end

    # As `new(identifier, *args, **kwargs)`, of an Array and a Hash that nobody else changes.
    def self.of(identifier, args, kwargs) = allocate.made_of(identifier, args, kwargs)

    def made_of(identifier, args, kwargs)
      @identifier = Identifier.parse(identifier)
      @args = args.freeze
      # Without an Enumerator, which costs more than the message.
      kwargs = Message.keywords(kwargs) unless kwargs.empty? || kwargs.all? { |name, _| name.is_a?(Symbol) }
      @kwargs = kwargs.freeze
      self
    end

    # A copy with other options: `ttl` and `delay` (seconds; a delay is for queues), `priority` (0 to 9), `require_ack`, `attributes`
    # (Hash of Strings), `message_id`, `reply_to`, and `payload` (bytes) in place of the arguments. A payload without a `content_type` is
    # plain bytes; a `content_type` without a payload names the kind of the one binary argument. Raises InvalidArgument for what is none
    # of these.
    def with(**options)
      if options.key?(:payload)
        options = { content_type: Payload::BYTES, **options }
      elsif options.key?(:content_type)
        options = { payload: bytes_to_name(options[:content_type]), **options }
      end
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
    def message_id = @message_id || MessageIds.give { |id| @message_id ||= id }

    # Time.
    def published_at = time(published_micros)

    # Time after which it is worth nothing, or nil.
    def expires_at = expires_micros.zero? ? nil : time(expires_micros)

    # Queues hand out the higher first: 0 to 9.
    def priority = @priority || 0

    # Time before which queues do not hand it out, or nil.
    def deliver_at = deliver_micros.zero? ? nil : time(deliver_micros)

    # Whether it is delivered again and again until a follower has acknowledged it.
    def require_ack? = @require_ack || false

    # Which delivery this is, from 1.
    def attempt = @attempt || 1

    # True once the lease under which a queue handed it to its handler was lost: somebody else may be at it.
    def lease_lost? = @lease ? @lease.lost? : false

    # SHA-256 in hex of id, address, content type and payload, each after its length as 8 bytes: the same for everybody who holds it.
    def checksum
      fields = [message_id, id, content_type, payload]
      Digest::SHA256.hexdigest(fields.map { |field| [field.bytesize].pack("Q>") << field.b }.join)
    end

    # How many talks and links it has travelled.
    def hops = @hops || 0

    # Failure when this is the answer of a handler that raised, else nil.
    def failure
      return unless content_type == Payload::FAILURE

      told = args.first
      Failure.new(class_name: told["class"].to_s, text: told["text"].to_s) if told.is_a?(Hash)
    end

    # Calls something with the keyword arguments.
    def apply(callable = nil, &block)
      function = Parameters.one_of(callable, block, "apply")
      return function.call(**kwargs) if function.respond_to?(:call)

      raise InvalidArgument, "apply(#{function.inspect}): it takes something with a method `call`, or a block"
    end

    # Microseconds since the Unix epoch.
    def published_micros = @published_micros ||= Message.now_micros

    # Microseconds since the Unix epoch; 0 = never.
    def expires_micros
      @expires_micros ||= @ttl ? published_micros + (@ttl * MICROS).round : 0
    end

    # Microseconds since the Unix epoch; 0 = at once.
    def deliver_micros
      @deliver_micros ||= @delay ? published_micros + (@delay * MICROS).round : 0
    end

    def expired?(now = Message.now_micros) = expires_micros.positive? && expires_micros <= now

    def self.now_micros = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)

    # Whether it has more than what every message has.
    def rare?
      @ttl || @attributes || @reply_to || @answer || @hops || @priority || @delay || @require_ack ? true : false
    end

    # A stream's reader has it.
    def taken = nil

    # Whether it came over the link.
    def received? = false

    # As a queue hands it out: which delivery it is, and (for a handler that works the queue) what answers `lost?`.
    def delivered(attempt, lease = nil)
      return self if attempt == self.attempt && lease.nil?

      dup.tap { |copy| copy.mark_delivered(attempt, lease) }
    end

    # What is told later is told now: a frozen message can be published like any, and shared.
    def freeze
      %i[message_id args kwargs published_micros expires_micros deliver_micros].each { |name| public_send(name) }
      super
    end

    # Sets once who published it and when, and on which bus `twitter` publishes on. On another bus than before it is a copy.
    def stamp(sender, bus)
      return dup.stamp(sender, bus) if frozen?
      return dup.tap { |copy| copy.on(bus) } if @bus && !@bus.equal?(bus) && message_id

      @published_micros ||= bus.clock.wall
      @sender ||= sender
      @bus = bus
      self
    end

    # Publishes on, on the bus that delivered this message (one made by hand: the default bus), with one hop more. A trailing Hash
    # stands for keyword arguments. Returns a Receipt. Raises HopLimit above 100 hops, and what Bus#publish raises.
    def twitter(identifier, *args, **kwargs)
      if hops >= Answering::MAX_HOPS
        raise HopLimit, "#{id} has travelled #{hops} hops, the most there may be; it goes no further, to #{identifier}"
      end

      kwargs = Message.trailing_kwargs(args) if kwargs.empty?
      onward = Message.new(identifier, *args, **kwargs).with(hops: hops + 1)
      (@bus || BerryMQ.default_bus).publish(onward)
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

    def on(bus)
      @bus = bus
    end

    def mark_delivered(attempt, lease)
      @attempt = attempt
      @lease = lease
    end

    def set(option, value)
      case option
      when :ttl then set_ttl(value)
      when :delay then set_delay(value)
      when :priority then set_priority(value)
      when :require_ack then @require_ack = value ? true : false
      when :attributes then @attributes = Message.checked_attributes(value)
      when :message_id then @message_id = Message.checked_text(option, value)
      when :content_type then @content_type = Message.checked_text(option, value)
      when :payload then set_payload(value)
      when :reply_to then @reply_to = value && Identifier.parse(value).text
      when :hops, :answer, :expires_micros then instance_variable_set(:"@#{option}", value)
      else raise InvalidArgument, "a message has no option #{option}; it has #{OPTIONS.join(", ")}"
      end
    end

    class << self
      # The keyword arguments that a trailing Hash stands for, which is taken away.
      def trailing_kwargs(args) = args.last.is_a?(Hash) ? keywords(args.pop) : {}

      # With Symbols for names, as they arrive everywhere.
      def keywords(named)
        named.transform_keys do |name|
          next name.to_sym if name.is_a?(String) || name.is_a?(Symbol)

          raise InvalidArgument, "a keyword argument is called #{name.inspect}; names are Symbols or Strings " \
                                 "(a Hash as an argument: publish takes one before the keywords, in braces)"
        end
      end

      def checked_text(option, value)
        return value if value.is_a?(String) && value.bytesize <= 128

        raise InvalidArgument, "#{option} is #{value.inspect}; it takes a String of at most 128 bytes"
      end

      def checked_attributes(value)
        raise InvalidArgument, "attributes is #{value.inspect}; it takes a Hash of Strings" unless value.respond_to?(:to_h)

        pairs = value.to_h { |key, text| [key.to_s, text.to_s] }
        return pairs.freeze if pairs.size <= 64

        raise InvalidArgument, "attributes holds #{pairs.size} pairs; a message takes at most 64"
      end
    end

    private

    def bytes_to_name(kind)
      return payload unless content_type.empty?

      raise InvalidArgument, "content_type is #{kind.inspect}, which names the kind of bytes: give a payload, too, " \
                             "or one binary String as the only argument (`File.binread`, `text.b`)"
    end

    def set_ttl(value)
      raise InvalidArgument, "ttl is #{value.inspect}; it takes seconds" unless value.is_a?(Numeric) && value.to_f.finite?

      @ttl = value
      @expires_micros = nil
    end

    def set_delay(value)
      unless value.is_a?(Numeric) && value.to_f.finite? && !value.negative?
        raise InvalidArgument, "delay is #{value.inspect}; it takes seconds from 0 on"
      end

      @delay = value
      @deliver_micros = nil
    end

    def set_priority(value)
      return @priority = value if value.is_a?(Integer) && PRIORITIES.cover?(value)

      raise InvalidArgument, "priority is #{value.inspect}; it takes an Integer from 0 to 9"
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
      payload = Payload.encode(args, kwargs)
      frozen? ? payload : @payload = payload
    end

    def time(micros) = Time.at(micros / MICROS, micros % MICROS, :usec)
  end
end
