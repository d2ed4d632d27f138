# frozen_string_literal: true

# Joins a bus to a gateway: keeps a connection, makes a new one when it is lost, and dispatches what arrives.
require_relative "transports"
require_relative "received_message"
require_relative "queue_wire"
require_relative "connection"
require_relative "arrived_ids"
require_relative "refusals"

module BerryMQ
  # Thread-safe. Lives until `close`; between connections publishes are held in its outbox.
  class Link
    FIRST_PAUSE = 0.1
    MOST_PAUSE = 5.0
    CLOSING_SECONDS = 5.0
    private_constant :FIRST_PAUSE, :MOST_PAUSE, :CLOSING_SECONDS

    # host:port of the gateway; how many connections have stood so far.
    attr_reader :address, :connections

    # `url` is what Transports.at takes; without `hears` nothing is followed there.
    def initialize(bus, url, ident:, outbox:, hears: true)
      @bus = bus
      @hears = hears
      @transports, @address = Transports.at(url)
      @ident = ident
      @outbox = outbox
      @refusals = Refusals.new(bus.times) { |error| report(error) }
      @mutex = Mutex.new
      @changed = ConditionVariable.new
      renew
    end

    # Returns once the gateway follows for this process; raises Unavailable after `timeout` seconds.
    def open(timeout)
      deadline = Clock.now + timeout
      start
      @mutex.synchronize do
        @changed.wait(@mutex, Clock.left(deadline)) until @connected || @fatal || Clock.past?(deadline)
      end
      return if connected?

      error = @fatal || Unavailable.new("no gateway within #{timeout} s: #{@last_error&.message || "#{@address} does not answer"}")
      stop(error)
      raise error
    end

    def connected? = @connected

    # The message as the outbox takes it; raises NotEncodable and MessageTooLarge.
    def entry(message) = @transports.entry(message)

    # Holds entries until they are answered; see Outbox#put.
    def put(entries, receipt) = @outbox.put(entries, receipt)

    # Enumerator of answers (Message) to a message.
    def ask(message, answers, seconds)
      answers = transport.ask(message, answers: answers, seconds: seconds)
      Enumerator.new { |yielder| take_answers(answers, message) { |told| yielder << @bus.came(told) } }
    end

    # The current channel, for calls; raises Unavailable between connections.
    def transport
      raise @fatal if @fatal
      raise Closed, "the connection to #{@address} was closed by this program; connect again, and open anew what was kept there" if @stopped

      connection = @connection
      return connection.transport if connection && @connected

      raise Unavailable, "not connected to #{@address} at this moment; try again"
    end

    # True unless it is closed or gave up: a lost connection is tried for again.
    def reconnecting? = !@stopped && !@fatal

    # True once no connection can ever come.
    def fatal? = !@fatal.nil?

    # True once its owner closed it.
    def stopped? = @stopped

    # Waits until it is connected again, `seconds` at most.
    def wait_connected(seconds)
      deadline = Clock.now + seconds
      @mutex.synchronize do
        @changed.wait(@mutex, Clock.left(deadline)) until @connected || @stopped || @fatal || Clock.past?(deadline)
      end
    end

    # A message of a queue there, as one of this bus.
    def came(told) = @bus.came(told)

    # Tells the gateway what is followed now of one pattern.
    def refresh(identifier)
      return if identifier.local? || !@hears

      @mutex.synchronize do
        key = identifier.canonical
        followed = @bus.followed(identifier)
        next if followed == @followed[key]

        followed ? @followed[key] = followed : @followed.delete(key)
        @revision += 1
        @connection&.follow(key, followed, @revision)
      end
    end

    # See Bus#flush.
    def flush(timeout)
      deadline = Clock.now + timeout
      revision = @revision
      @outbox.flush(timeout)
      @mutex.synchronize do
        until @connected && @applied >= revision
          raise @fatal if @fatal
          raise Timeout, "#{@address} did not confirm what is followed within #{timeout} s" if Clock.past?(deadline)

          @changed.wait(@mutex, Clock.left(deadline))
        end
      end
    end

    # Dispatches what has arrived and nothing more: returns when that is done, or after so many seconds.
    def rest(seconds)
      @arrivals.close
      @dispatching.join(seconds) unless @dispatching == Thread.current
    end

    # Flushes, which takes 5 s at most, while connected or as long as something waits to be sent; then ends everything, and tells of what
    # nobody answered. Idempotent.
    def close
      begin
        flush(CLOSING_SECONDS) if @connected || (reconnecting? && held.positive?)
      rescue Error
        nil # its receipts tell, and `tell_lost`
      end
      lost = held
      stop(Closed.new("the bus was closed before the gateway answered"))
      tell_refusals
      tell_lost(lost)
    end

    # Tells at once of what was refused and nobody has asked about.
    def tell_refusals = @refusals.expire

    # How many published messages are unsent or unanswered.
    def held = @stopped ? 0 : @outbox.held

    # Lets go of the connection until `unpark`; what is published meanwhile is held.
    def park
      @mutex.synchronize do
        @parked = true
        @changed.broadcast
      end
      @connection&.close
      @mutex.synchronize { @changed.wait(@mutex) while @connection }
    end

    def unpark
      @mutex.synchronize do
        @parked = false
        @changed.broadcast
      end
    end

    # In a forked child: a session of its own under that ident, with connections of its own. Where gRPC cannot be used any more,
    # every later call raises NotSupported.
    def after_fork(ident)
      @ident = ident
      @connection&.abandon
      @outbox.start_over
      renew
      new_transport.close
      start
    rescue NotSupported => e
      give_up(e)
    end

    # What follows is the connection's to call, from its threads.

    # The first request of a new connection, and its revision: [{pattern => [answers, source]}, revision].
    def opening
      @mutex.synchronize { [@followed.dup, @revision += 1] }
    end

    def applied(revision)
      @mutex.synchronize do
        @applied = [@applied, revision].max # 0 = a request that only gave credit
        @connections += 1 unless @connected
        @connected = true
        @changed.broadcast
      end
    end

    # Hands messages to the dispatching thread; `done` is called when they were dispatched.
    def arrived(messages, &done)
      @arrivals.push([messages, done])
    rescue ClosedQueueError
      nil # the bus is about to be closed
    end

    # The next connection is to another gateway.
    def go_to(address)
      @address = address
    end

    def report(error) = @bus.report(error, nil, nil)

    def settle(through, accepted, refused)
      receipts = @outbox.settle(through, accepted, refused)
      @refusals.add(receipts) unless receipts.empty?
    end

    private

    def take_answers(answers, message, &block)
      answers.each(&block)
    rescue Unavailable
      raise unless @stopped

      raise Closed, "the bus was closed before an answer to #{message.id} came"
    end

    def tell_lost(count)
      return if count.zero?

      report(Unavailable.new("#{count} published messages had no answer of #{@address} when the bus was closed; they may be lost"))
    end

    def renew
      @session = SecureRandom.hex(16)
      identifiers = @hears ? @bus.followed_identifiers : []
      @followed = identifiers.to_h { |identifier| [identifier.canonical, @bus.followed(identifier)] }.compact
      @revision = 0
      @applied = -1
      @connection = nil
      @connected = false
      @connections = 0
      @stopped = @parked = false
      @fatal = @last_error = nil
      @arrivals = Thread::Queue.new # bounded by the credit that is given
      @arrived = ArrivedIds.new
    end

    def new_transport = @transports.new(@address, session: @session, ident: @ident)

    def start
      @dispatching = named(Dispatcher::LINKS_THREAD) { dispatch_all }
      @threads = [named("berrymq-link") { keep_connected }, @dispatching]
    end

    def named(name, &body)
      Thread.new(&body).tap { |thread| thread.name = name }
    end

    def keep_connected
      attempt = 0
      until @stopped
        @mutex.synchronize { @changed.wait(@mutex) while @parked && !@stopped }
        attempt = 0 if connect_once
        pause(attempt) unless @stopped
        attempt += 1
      end
    rescue NotSupported => e
      give_up(e)
    rescue StandardError => e # a fault of ours: whoever waits is told, instead of waiting for ever
      give_up(Internal.new("the link to #{@address} failed with #{e.class}: #{e.message}"))
    end

    # One connection from its beginning to its end; true when it stood.
    def connect_once
      connection = Connection.new(self, @outbox, new_transport)
      @mutex.synchronize { @connection = connection }
      @last_error = connection.run
      @connected
    ensure
      connection&.close
      @mutex.synchronize do
        @connected = false
        @connection = nil
        @changed.broadcast
      end
    end

    # Full jitter: many programs that lost one gateway do not come back at one moment.
    def pause(attempt)
      most = [FIRST_PAUSE * (2**[attempt, 10].min), MOST_PAUSE].min
      @mutex.synchronize { @changed.wait(@mutex, rand * most) unless @stopped || @parked }
    end

    def give_up(error)
      @mutex.synchronize do
        @fatal = error
        @changed.broadcast
      end
      @outbox.close(error)
    end

    def stop(error)
      connection = @mutex.synchronize do
        @stopped = true
        @changed.broadcast
        @connection
      end
      @outbox.close(error)
      connection&.close
      @arrivals.clear
      @arrivals.close
      @threads.each { |thread| thread.join(CLOSING_SECONDS) unless thread == Thread.current }
    end

    def dispatch_all
      while (messages, done = @arrivals.pop)
        messages = messages.to_a # protobuf makes an object anew each time
        messages.each { |told| dispatch(told) }
        @arrived.add(messages.map(&:id))
        done.call
      end
    end

    def dispatch(told)
      return if seen_before?(told)

      message = @bus.came(told)
      return if message.expired?
      return @bus.receive(message) unless message.require_ack?

      acknowledge = -> { @connection&.acknowledge(message.message_id) }
      message.when_taken(&acknowledge)
      @bus.receive(message, &acknowledge)
    rescue StandardError => e
      @bus.report(e, message, nil)
    end

    # What is delivered again for want of an acknowledgement is wanted again.
    def seen_before?(told) = told.resent && told.attempt < 2 && @arrived.include?(told.id)
  end
end
