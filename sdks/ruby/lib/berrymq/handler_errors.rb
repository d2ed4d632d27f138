# frozen_string_literal: true

# What handlers raised, kept until somebody asks (`take_errors`).
module BerryMQ
  # What was raised; the Message; what registering the handler returned.
  HandlerError = Struct.new(:error, :message, :handler)

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

    # All, oldest first; they are forgotten here.
    def take = @mutex.synchronize { @all.slice!(0..) }
  end
  private_constant :HandlerErrors
end
