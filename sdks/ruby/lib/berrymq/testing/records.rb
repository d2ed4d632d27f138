# frozen_string_literal: true

# What happened on a bus under test: what was published, who was called with what, who is at work.
module BerryMQ
  module Testing
    # What the Dispatcher watches with. Thread-safe.
    class Records
      # Faults, or nil.
      attr_writer :faults

      def initialize
        @mutex = Mutex.new
        @changed = ConditionVariable.new
        @published = []
        @calls = []
        @opened = []
        @working = {}.compare_by_identity # thread → what it handles, the innermost last
        @faults = nil
      end

      # What was published, in order. The system's own messages are not among it.
      def messages = @mutex.synchronize { @published.dup }

      # [Following, Message] of each call; for a condition: its messages.
      def calls = @mutex.synchronize { @calls.dup }

      # Names of the shared queues that were opened.
      def queues = @mutex.synchronize { @opened.uniq }

      # Places of the handlers at work.
      def at_work = @mutex.synchronize { @working.values.flatten.map { |handler| handler.source || handler.inspect } }

      # Waits, in real time, until the block is true, or so many seconds are over.
      def wait(seconds)
        deadline = Clock.now + seconds
        @mutex.synchronize { @changed.wait(@mutex, Clock.left(deadline)) } until yield || Clock.past?(deadline)
      end

      # What follows is the dispatcher's to call.

      def published(message)
        note { @published << message } unless message.identifier.reserved?
      end

      def opened(options)
        note { @opened << options.name } unless options.standalone
      end

      # Whether this live follower shall not hear the message.
      def dropped?(entry, message) = @faults ? @faults.drop?(entry, message) : false

      # Calls the handler; returns what it returns.
      def call(handler, message)
        following = handler.registration
        note { begin_call(following, handler.respond_to?(:messages) ? handler.messages : message) }
        handler.call(message)
      ensure
        note { end_call }
      end

      def inspect = "#<#{self.class} of #{@published.size} messages>"

      private

      def note
        @mutex.synchronize do
          yield
          @changed.broadcast
        end
      end

      def begin_call(following, message)
        @calls << [following, message]
        (@working[Thread.current] ||= []) << following
      end

      def end_call
        handlers = @working[Thread.current] or return
        handlers.pop
        @working.delete(Thread.current) if handlers.empty?
      end
    end
  end
end
