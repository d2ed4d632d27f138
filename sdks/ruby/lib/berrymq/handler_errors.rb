# frozen_string_literal: true

# What handlers raised, kept until somebody asks (`take_errors`).
module BerryMQ
  # What was raised; the Message; what registering the handler returned.
  HandlerError = Struct.new(:error, :message, :handler)

  # As a `rescue` names it: what a handler raises that is its own affair. In threads of the SDK that is all but the end of the program,
  # and of a time that somebody set: one handler, or an assertion in it, does not end what runs the others.
  module HandlersOwn
    def self.===(error)
      case error
      when StandardError, ScriptError then true
      when SystemExit, SignalException then false
      else Thread.current.name.to_s.start_with?("berrymq-") && error.class.name != "Timeout::ExitException"
      end
    end
  end
  private_constant :HandlersOwn

  # The newest of one bus. Thread-safe.
  class HandlerErrors
    MOST = 100
    private_constant :MOST

    def initialize
      @mutex = Mutex.new
      @all = []
    end

    def add(error, message, handler)
      @mutex.synchronize do
        @all << HandlerError.new(error, message, handler)
        @all.shift if @all.size > MOST
      end
    end

    # All, oldest first; they stay.
    def look = @mutex.synchronize { @all.dup }

    # All, oldest first; they are forgotten here.
    def take = @mutex.synchronize { @all.slice!(0..) }
  end
  private_constant :HandlerErrors
end
