# frozen_string_literal: true

# What the JSON doors tell (docs/json.md), with readers under the contract's names; absent is the contract's default.
require "json"
require_relative "shown_message"

module BerryMQ
  module Transports
    class Http
      module Shapes
        class << self
          # Raises MalformedMessage for what is no JSON.
          def parse(text)
            JSON.parse(text.to_s)
          rescue JSON::ParserError, EncodingError
            raise MalformedMessage, "the gateway told #{text.to_s[0, 40].inspect}, which is no JSON"
          end

          # A Struct of readers. Each field is given what stands for an absent one: a value, a shape (nil then), or a list (of a shape).
          def shape(**fields)
            Struct.new(*fields.keys) do
              define_singleton_method(:from) do |json|
                Shapes.object(json)
                new(*fields.map { |name, absent| Shapes.value(json[name.name], absent) })
              end
            end
          end

          # Raises MalformedMessage for what is none.
          def object(json)
            json.is_a?(Hash) ? json : raise(MalformedMessage, "the gateway told #{json.inspect[0, 40]}, where an object stands")
          end

          def value(told, absent)
            case absent
            when [] then told || []
            when Array then (told || []).map { |each| absent.first.from(each) }
            when Class then told && absent.from(told)
            else told.nil? ? absent : told
            end
          end
        end

        Refusal = shape(reason: "", message: "")
        Drain = shape(address: "")
        Accepted = shape(first_sequence: 0, count: 0, followers: 0, queues: 0)
        Refused = shape(first_sequence: 0, count: 0, error: Refusal)
        Published = shape(through: 0, accepted: [Accepted], refused: [Refused], drain: Drain)
        Delivery = shape(message: ShownMessage, lease_id: "", attempt: 0, deadline: 0)
        Outcome = shape(lease_id: "", deadline: 0, error: Refusal, dead: false)
        Consumed = shape(deliveries: [Delivery], outcomes: [Outcome], drain: Drain)
        Backoff = shape(first: 0, most: 0)
        Queue = shape(name: "", patterns: [], standalone: false, max_messages: 0, max_bytes: 0, overflow: "", lease: 0, max_attempts: 0,
                      backoff: Backoff, transient: false, ttl: nil, delay: nil, dedupe: nil, policy: "", standalone_ttl: nil)
        Status = shape(ready: 0, delayed: 0, leased: 0, bytes: 0, consumers: 0, oldest_published_at: 0)
        Moved = shape(moved: 0)
        Answers = shape(answers: [ShownMessage])
        Nothing = shape(nothing: nil)
        # Of the calls of the queue service.
        RESPONSES = {
          create: shape(queue: Queue), get: shape(deliveries: [Delivery]), settle: shape(outcomes: [Outcome]),
          extend: shape(outcomes: [Outcome]), describe: shape(queue: Queue, status: Status), purge: shape(purged: 0),
          delete: Nothing, pause: Nothing, resume: Nothing, peek: shape(messages: [ShownMessage])
        }.freeze
      end
      private_constant :Shapes
    end
  end
end
