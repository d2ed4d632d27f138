# frozen_string_literal: true

# What Ruby's own Thread::Queue can do, of a Queue.
module BerryMQ
  module QueueManners
    # As Thread::Queue#pop: the next Message; nil once `timeout` seconds are over, or when the queue is closed. With `non_block` it raises
    # Empty, which is a ThreadError, when nothing is there.
    def pop(non_block = false, timeout: nil, auto_ack: true) # rubocop:disable Style/OptionalBooleanParameter -- Thread::Queue's
      raise InvalidArgument, "pop(true, timeout: #{timeout.inspect}): it waits, or it does not" if non_block && timeout

      non_block ? get_nowait(auto_ack: auto_ack) : get(timeout: timeout, auto_ack: auto_ack)
    rescue Closed
      nil
    end
    alias shift pop
    alias deq pop

    # How many can be had now.
    def size = qsize
    alias length size

    # How many threads wait for a message of this object.
    def num_waiting = @counting.synchronize { @waiting }

    # Every Message as it comes, until the queue is closed; an Enumerator without a block.
    def each
      return enum_for(:each) unless block_given?

      while (message = pop)
        yield message
      end
      self
    end

    private

    def start_counting
      @counting = Mutex.new
      @waiting = 0
    end

    def waiting
      @counting.synchronize { @waiting += 1 }
      yield
    ensure
      @counting.synchronize { @waiting -= 1 }
    end
  end
  private_constant :QueueManners
end
