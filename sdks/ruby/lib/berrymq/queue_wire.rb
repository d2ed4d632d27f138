# frozen_string_literal: true

# What queues say to a gateway, as protobuf, and what it answers.
require "berrymq/v1/queue_service_pb"

module BerryMQ
  module QueueWire
    OVERFLOWS = { "reject_publish" => :OVERFLOW_REJECT_PUBLISH, "drop_oldest" => :OVERFLOW_DROP_OLDEST }.freeze
    POLICIES = { "round_robin" => :POLICY_ROUND_ROBIN, "broadcast" => :POLICY_BROADCAST }.freeze
    NANOS = 1_000_000_000
    private_constant :OVERFLOWS, :POLICIES, :NANOS

    class << self
      # QueueOptions as a V1::Queue; what was not asked for stays absent.
      def queue(options)
        V1::Queue.new(
          name: options.name, patterns: [options.pattern], standalone: options.standalone, max_messages: options.max_messages || 0,
          max_bytes: options.max_bytes || 0, overflow: OVERFLOWS.fetch(options.overflow), max_attempts: options.max_attempts || 0,
          backoff: backoff(options.backoff), transient: options.transient, policy: POLICIES.fetch(options.policy),
          **%i[lease ttl delay dedupe standalone_ttl].to_h { |name| [name, duration(options[name])] }
        )
      end

      def settlement(lease_id, verb, detail)
        verdict = case verb
                  when :ack then V1::Ack.new
                  when :release then V1::Release.new
                  when :retry then V1::Retry.new(delay: duration(detail))
                  when :reject then V1::Reject.new(why: detail || "")
                  end
        V1::Settlement.new(lease_id: lease_id, verb => verdict)
      end

      # The outcome, or its error raised.
      def check(outcome)
        return outcome unless outcome.error

        raise Error.from_proto(outcome.error)
      end

      # Time of microseconds; 0 = nil.
      def time(micros) = micros.zero? ? nil : Time.at(micros / 1_000_000, micros % 1_000_000, :usec)

      # A Google::Protobuf::Duration of seconds, and back; nil stays nil.
      def duration(seconds)
        seconds && Google::Protobuf::Duration.new(seconds: seconds.to_i, nanos: ((seconds % 1) * NANOS).to_i)
      end

      def seconds(duration) = duration && (duration.seconds + (duration.nanos / NANOS.to_f))

      private

      def backoff(times) = times && V1::Backoff.new(first: duration(times[0]), most: duration(times[1]))
    end
  end
  private_constant :QueueWire
end
