# frozen_string_literal: true

# What queues say to a gateway, and what it answers, in the contract's words and plain values: durations are seconds.
module BerryMQ
  module QueueWire
    class << self
      # QueueOptions as the contract's Queue; what was not asked for stays absent.
      def queue(options)
        plain = %i[name standalone max_messages max_bytes overflow max_attempts transient policy].to_h { |name| [name, options[name]] }
        times = %i[lease ttl delay dedupe standalone_ttl].to_h { |name| [name, options[name]&.to_f] }
        first, most = options.backoff&.map(&:to_f)
        { patterns: options.patterns, **plain, **times, backoff: first && { first: first, most: most } }.compact
      end

      # The contract's Queue as QueueOptions. That it is paused is how it stands, not what it is.
      def options(told)
        plain = %i[name standalone max_messages max_bytes max_attempts transient].to_h { |name| [name, told.public_send(name)] }
        times = %i[lease ttl delay dedupe standalone_ttl].to_h { |name| [name, told.public_send(name)&.to_f] }
        backoff = told.backoff && [told.backoff.first.to_f, told.backoff.most.to_f]
        QueueOptions.new(patterns: told.patterns.to_a.freeze, **plain, **times, backoff: backoff,
                         overflow: named(told.overflow, "overflow_", QueueOptions::OVERFLOWS),
                         policy: named(told.policy, "policy_", QueueOptions::POLICIES))
      end

      def settlement(lease_id, verb, detail)
        verdict = case verb
                  when :ack, :release then {}
                  when :retry then { delay: detail&.to_f }
                  when :reject then { why: detail }
                  end
        { lease_id: lease_id, verb => verdict.compact }
      end

      # The outcome, or its error raised.
      def check(outcome)
        return outcome unless outcome.error

        raise Error.told(outcome.error)
      end

      # Time of microseconds; 0 = nil.
      def time(micros) = micros.zero? ? nil : Time.at(micros / 1_000_000, micros % 1_000_000, :usec)

      private

      # gRPC tells `:OVERFLOW_DROP_OLDEST`, JSON "drop_oldest".
      def named(told, prefix, texts) = texts.find { |text| text == told.to_s.downcase.delete_prefix(prefix) }
    end
  end
  private_constant :QueueWire
end
