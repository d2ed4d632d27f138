# frozen_string_literal: true

# Waiting for gRPC in a thread of its own: while the main thread waits in a call of gRPC's, Ruby hears no signal.
module BerryMQ
  module Transports
    class Grpc
      # Other threads hear none, and wait where they are.
      module Aside
        class << self
          # What the block gives, or raises; what interrupts it cancels the operation.
          def value(operation)
            return yield unless main?

            thread = begin_thread { yield }
            thread.value
          ensure
            operation.cancel if thread&.alive?
            end_of(thread)
          end

          # Hands every response of a Call to the block. Leaving it early ends the call.
          def each(call, &block)
            return call.each(&block) unless main?

            responses = Thread::Queue.new
            thread = begin_thread { read(call, responses) }
            while (response = responses.pop)
              yield response
            end
            thread.value
          ensure
            call.cancel if thread&.alive?
            end_of(thread)
          end

          private

          def main? = Thread.current == Thread.main

          def begin_thread(&body)
            Thread.new(&body).tap do |thread|
              thread.name = "berrymq-wait"
              thread.report_on_exception = false
            end
          end

          def read(call, responses)
            call.each { |response| responses << response }
          ensure
            responses.close
          end

          # Whoever was interrupted does not want to know how the call ended.
          def end_of(thread)
            thread&.join
          rescue StandardError
            nil
          end
        end
      end
      private_constant :Aside
    end
  end
end
