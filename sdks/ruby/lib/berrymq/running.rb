# frozen_string_literal: true

# What a program waits in that only follows: until somebody tells it to end.
module BerryMQ
  module Running
    SIGNALS = %w[INT TERM].freeze
    private_constant :SIGNALS

    # Calls the block after SIGINT or SIGTERM. A second signal ends the program at once; earlier traps of both are put back. Raises
    # InvalidArgument in another thread than the main one.
    def self.until_told(&block)
      unless Thread.current == Thread.main
        raise InvalidArgument, "run waits for signals, which the main thread does; call it there, not in #{Thread.current.inspect}"
      end

      reader, writer = IO.pipe
      begin
        trapping(-> { writer.write_nonblock(".", exception: false) }) { wait(reader, &block) }
      ensure
        [reader, writer].each(&:close)
      end
    end

    class << self
      private

      def trapping(handler)
        before = SIGNALS.to_h { |name| [name, trap(name) { handler.call }] }
        yield
      ensure
        before&.each { |name, earlier| trap(name, earlier || "SYSTEM_DEFAULT") }
      end

      def wait(reader)
        reader.read(1)
        SIGNALS.each { |name| trap(name, "SYSTEM_DEFAULT") }
        yield
      end
    end
  end
  private_constant :Running
end
