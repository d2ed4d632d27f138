# frozen_string_literal: true

# `twitter_exception`: functions and methods whose exceptions are told.
module BerryMQ
  # Publishes what is raised: `args[0]` is a list of lines, kwargs `type`, `value` and `traceback` are text. What cannot be told goes to
  # `on_error`.
  class TwitterException
    def initialize(bus, identifier, reraise: false, with_traceback: true)
      @bus = bus
      @identifier = Identifier.parse(identifier)
      @reraise = reraise
      @with_traceback = with_traceback
    end

    # Returns what the block returns; nil when it raised, unless that is to be raised again.
    def around(_args, _kwargs)
      yield
    rescue StandardError, ScriptError => e
      tell(e)
      raise if @reraise
    end

    # The line of a class, as errors name it.
    def line = "twitter_exception(#{@identifier.to_s.inspect})"

    private

    def tell(error)
      traceback = @with_traceback ? (error.backtrace || []).join("\n") : ""
      @bus.publish(@identifier.text, lines(error), type: error.class.to_s, value: text(error.message), traceback: text(traceback))
    rescue Error => e
      @bus.report(e, nil, nil)
    end

    # As Ruby prints it.
    def lines(error)
      return text(error.full_message(highlight: false, order: :top)).lines(chomp: true) if @with_traceback

      first, *others = text(error.message).lines(chomp: true)
      ["#{first} (#{error.class})", *others]
    end

    def text(said) = said.to_s.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
  end
  private_constant :TwitterException
end
