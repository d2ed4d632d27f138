# frozen_string_literal: true

# What the conformance driver understands of the programming model.
module ModelCommands
  def connect(command)
    options = { ident: command["ident"], timeout: command["timeout"], max_held: command["max_held"] }.compact
    case command["style"]
    when "oneway" then @bus.connect_oneway(command["url"], **options)
    when "queue" then @bus.connect_via_queue(command["pattern"], command["url"], **options)
    else @bus.connect(command["url"], **options)
    end
    nil
  end

  def pull(command) = @bus.get(timeout: command.fetch("timeout", Driver::WAIT))&.then { |message| Values.message(message) }

  def send_message(command)
    receipt(@bus.send_message(command["identifier"], command["args"] || [], command["kwargs"] || {}).wait(Driver::WAIT))
  end

  def close_connection(_) = @bus.close_connection

  def handle_together(command)
    record = @records[command["as"]] = Record.new
    together = command["patterns"].map { |pattern| @bus.cond(pattern) }.reduce(:&)
    options = command.slice("queue").transform_keys(&:to_sym)
    @followings[command["as"]] = @bus.regist_function(together, **options) do |*messages|
      messages.each { |message| record.push(message) }
      nil
    end
    nil
  end

  def debug_messages(command) = @bus.debug_messages(command.fetch("on", true))

  def take_errors(_)
    @bus.take_errors.map do |raised|
      { reason: raised.error.is_a?(BerryMQ::Error) ? raised.error.reason : nil, text: raised.error.message, id: raised.message&.id }
    end
  end

  def told(command)
    returned = ->(*, **) { command.key?("raises") ? raise(command["raises"]) : command["returns"] }
    function = @bus.auto_twitter(command["identifier"], returned, entry: command["entry"], exit: command["exit"])
    Values.show(function.call(*command["args"], **kwargs(command)))
  end

  def told_exception(command)
    options = command.slice("reraise", "with_traceback").transform_keys(&:to_sym)
    @bus.twitter_exception(command["identifier"], **options) { raise command["raises"] }.call
  end
end
