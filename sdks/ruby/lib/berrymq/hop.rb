# frozen_string_literal: true

# Where a message stands in its pipeline. It travels in the message's attributes: whoever runs a handler sends the next message.
require "json"

module BerryMQ
  # `id` names the pipeline (message id of the first); `number` is the hop that handles the message, from 1; `route` the identifiers
  # after its `reply_to`; `errors` and `results` say where failures and results are told, or nil.
  Hop = Struct.new(:id, :number, :route, :errors, :results) do
    # The Hop of a message, or nil. Raises MalformedMessage.
    def self.of(message)
      attributes = message.attributes
      id = attributes[Hop::PIPELINE] or return
      route = JSON.parse(attributes.fetch(Hop::ROUTE))
      raise TypeError unless route.is_a?(Array) && route.all?(String)

      new(id, Integer(attributes.fetch(Hop::HOP), 10), route, attributes[Hop::ERRORS], attributes[Hop::RESULTS])
    rescue JSON::ParserError, KeyError, ArgumentError, TypeError
      told = attributes.select { |name, _| name.start_with?("berrymq-") }
      raise MalformedMessage, "#{message.id} says that it travels in a pipeline, and its attributes #{told.inspect} do not tell where"
    end

    # The hops that have a result.
    def of = number + route.size

    # The hop that its result goes to.
    def next = Hop.new(id, number + 1, route.drop(1), errors, results)

    # What a message carries of it.
    def attributes
      told = { Hop::PIPELINE => id, Hop::HOP => number.to_s, Hop::ROUTE => JSON.generate(route) }
      told.merge({ Hop::ERRORS => errors, Hop::RESULTS => results }.compact)
    end
  end
  Hop::PIPELINE = "berrymq-pipeline"
  Hop::ROUTE = "berrymq-route"
  Hop::HOP = "berrymq-hop"
  Hop::ERRORS = "berrymq-errors"
  Hop::RESULTS = "berrymq-results"
  # How the identifiers begin to which the answers of asks come: nobody's `*` hears of them.
  Hop::ANSWERS = "answer@pipeline:"
  # Of a failure: the identifier where it happened.
  Hop::AT = "berrymq-at"
  private_constant :Hop

  # Sends what handlers of pipelines return to the next hop, and what goes wrong to where errors are told.
  class Hops
    # `publish` is called with a Message and returns its Receipt; `report` with (error, message, handler).
    def initialize(clock, publish, report)
      @clock = clock
      @publish = publish
      @report = report
    end

    # One Outcome of the handlers of `message`, which stands at `hop`.
    def publish(message, hop, outcome)
      error = outcome.error || obstacle(message)
      return fail(message, hop, error, outcome) if error

      tell(message, hop, outcome.value) if hop.results
      following = reply(message, message.reply_to, outcome, outcome.value).with(expires_micros: message.expires_micros, **onward(hop))
      watch(following, hop.next, @publish.call(following))
    rescue NotEncodable => e
      fail(message, hop, e, outcome)
    end

    # Tells when nobody took what was published, unless that answers an ask which is over.
    def watch(message, hop, receipt)
      if_nobody(message, receipt) { |error| fail(message, hop, error) } unless message.id.start_with?(Hop::ANSWERS)
    end

    private

    def obstacle(message)
      return Timeout.new("#{message.id} was handled after its deadline") if message.expired?(@clock.wall)

      HopLimit.new("#{message.id} has travelled #{message.hops} talks; its answer goes no further") if message.hops >= Answering::MAX_HOPS
    end

    # The block is given why the message reached nobody, if it did not.
    def if_nobody(message, receipt)
      receipt.when_settled do |refusal, at_once|
        error = refusal || (nobody(message) if receipt.followers.zero? && receipt.queues.zero?)
        next unless error

        # Not in the thread that reads the gateway's answers: publishing may wait for them.
        at_once ? yield(error) : Thread.new { yield error }
      end
    end

    def nobody(message) = NoFollowers.new("nobody follows #{message.id}: no handler, no queue")

    def onward(hop) = { attributes: hop.next.attributes, reply_to: hop.route.first }

    def reply(message, identifier, outcome, *args)
      mark = Answer.new(to: message.message_id, number: outcome.number, of: outcome.of, failed: !outcome.error.nil?)
      Message.new(identifier, *args).with(hops: message.hops + 1, answer: mark)
    end

    def tell(message, hop, value)
      @publish.call(Message.new(hop.results, value, pipeline: hop.id, hop: hop.number, of: hop.of, at: message.id))
    rescue Error => e
      @report.call(e, message, nil)
    end

    # To where errors are told, else to the last; without its deadline, which may be over. What no handler raised, and nobody hears of,
    # is reported here.
    def fail(message, hop, error, outcome = nil)
      target = hop.errors || hop.route.last || message.reply_to || message.id
      told = failure(message, hop, error, target).with(answer: mark(message, outcome))
      receipt = @publish.call(told)
      if_nobody(told, receipt) { @report.call(error, message, nil) } unless outcome&.error || target.start_with?(Hop::ANSWERS)
    rescue Error => e
      @report.call(e, message, nil)
    end

    def failure(message, hop, error, target)
      attributes = { Hop::PIPELINE => hop.id, Hop::HOP => hop.number.to_s, Hop::AT => message.id }
      hops = [message.hops + 1, Answering::MAX_HOPS].min
      Message.new(target).with(attributes: attributes, hops: hops, **Answering.failure(error))
    end

    def mark(message, outcome)
      Answer.new(to: message.message_id, number: outcome&.number || 0, of: outcome&.of || 0, failed: true)
    end
  end
  private_constant :Hops
end
