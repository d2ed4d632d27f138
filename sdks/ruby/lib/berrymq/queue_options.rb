# frozen_string_literal: true

# What a queue was asked to be, checked once, wherever it will be kept.
module BerryMQ
  # Times in seconds; nil, and no patterns = not said.
  QueueOptions = Struct.new(:name, :patterns, :standalone, :max_messages, :max_bytes, :overflow, :lease, :max_attempts, :backoff,
                            :transient, :ttl, :delay, :dedupe, :standalone_ttl, :policy, keyword_init: true) do
    # Those of a queue of that name, checked. Raises InvalidArgument, naming the option and the value.
    def self.read(name, patterns, standalone, asked)
      unless (name.is_a?(String) || name.is_a?(Symbol)) && !name.empty?
        raise InvalidArgument, "the name of a queue is #{name.inspect}; it takes a String, as \"mails\""
      end
      raise InvalidArgument, "queue_options is #{asked.inspect}; it takes a Hash, as { max_attempts: 3 }" unless asked.is_a?(Hash)

      unknown = asked.keys - QueueOptions::NAMES
      raise InvalidArgument, "a queue has no option #{unknown.first.inspect}; it has #{QueueOptions::NAMES.join(", ")}" if unknown.any?

      new(name: name.to_s, patterns: patterns, standalone: standalone, **asked).check
    end

    # The same. Raises InvalidArgument.
    def check
      self.overflow = one_of(:overflow, QueueOptions::OVERFLOWS)
      self.policy = one_of(:policy, QueueOptions::POLICIES)
      self.transient = transient ? true : false
      %i[max_messages max_bytes max_attempts].each { |name| positive(name, Integer, "an Integer") }
      %i[lease ttl].each { |name| positive(name, Numeric, "seconds") }
      %i[delay dedupe standalone_ttl].each { |name| seconds_from_zero(name) }
      check_backoff
      self
    end

    # With every default filled in.
    def filled
      dup.tap { |all| QueueOptions::DEFAULTS.each { |name, default| all[name] = default if all[name].nil? } }
    end

    # Whether nothing that it keeps ever leaves the process.
    def local? = patterns.empty? ? name.start_with?("_") : Identifier.parse(patterns.first).local?

    private

    def one_of(name, texts)
      return if self[name].nil?

      text = self[name].to_s
      return text if texts.include?(text)

      raise InvalidArgument, "#{name} is #{self[name].inspect}; it takes #{texts.join(" or ")}"
    end

    def positive(name, kind, what)
      value = self[name]
      return if value.nil? || (value.is_a?(kind) && value.positive?)

      raise InvalidArgument, "#{name} is #{value.inspect}; it takes #{what} above 0"
    end

    def seconds_from_zero(name)
      value = self[name]
      return if value.nil? || (value.is_a?(Numeric) && value.to_f.finite? && !value.negative?)

      raise InvalidArgument, "#{name} is #{value.inspect}; it takes seconds from 0 on"
    end

    def check_backoff
      return if backoff.nil?
      return if backoff.is_a?(Array) && backoff.size == 2 && backoff.all? { |time| time.is_a?(Numeric) && !time.negative? }

      raise InvalidArgument, "backoff is #{backoff.inspect}; it takes [first, most] in seconds"
    end
  end
  QueueOptions::OVERFLOWS = %w[reject_publish drop_oldest].freeze
  QueueOptions::POLICIES = %w[round_robin broadcast].freeze
  # Those of the gateway, too.
  QueueOptions::DEFAULTS = { max_messages: 1_000_000, max_bytes: 1024**3, overflow: "reject_publish", lease: 30.0, max_attempts: 10,
                             backoff: [1.0, 300.0].freeze, dedupe: 120.0, standalone_ttl: 60.0, policy: "round_robin" }.freeze
  # What a maker of queues may say.
  QueueOptions::NAMES = (QueueOptions.members - %i[name patterns standalone]).freeze
  private_constant :QueueOptions
end
