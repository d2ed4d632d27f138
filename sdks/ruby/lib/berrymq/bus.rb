# frozen_string_literal: true

# The bus of a process: publishes to its own followers, and over the link, if there is one, to everybody's.
module BerryMQ
  # Thread-safe. No server is needed until `connect`.
  class Bus
    MIB = 1024 * 1024
    private_constant :MIB

    # The name by which others know this program, or nil; the Link, or nil.
    attr_reader :ident, :link

    def initialize(ident: nil)
      @ident = ident
      @named = !ident.nil? # by its owner
      @router = Router.new
      @dispatcher = Dispatcher.new(@router)
      @answering = Answering.new(@dispatcher) { |answer, gateway_only| send_answer(answer, gateway_only) }
      @local_queues = LocalQueues.new
      @works = Works.new(self, @answering)
      @mailroom = Mailroom.new(self, @works.leases, method(:report))
      @closed = false
      ForkHook.watch(self)
    end

    # The queues of this process.
    attr_reader :local_queues

    # Calls the matching followers here, in order, then hands the message to the link. `identifier` is a String or a Message.
    # Returns a Receipt. Raises InvalidIdentifier, ReservedIdentifier, Closed, and (with a link) NotEncodable,
    # MessageTooLarge, BacklogFull.
    def publish(identifier, *args, **kwargs)
      transmit(prepare(identifier, args, kwargs))
    end

    # As the original berryMQ: a trailing Hash stands for keyword arguments.
    def twitter(identifier, *args, **kwargs)
      kwargs = args.pop.transform_keys(&:to_sym) if kwargs.empty? && args.last.is_a?(Hash)
      publish(identifier, *args, **kwargs)
    end

    # Publishes many, of `Message` or `[identifier, *args]`, in order; one Receipt for all. What raises, raises after those before
    # it were published.
    def publish_many(messages)
      receipt = Receipt.new(nil)
      messages.each_slice(Outbox::MAX_BATCH_MESSAGES) { |slice| publish_slice(slice, receipt) }
      receipt
    end

    # Publishes; each handler's result travels to `reply_to`. Returns a Receipt.
    def talk(identifier, reply_to, *args, **kwargs)
      transmit(prepare(identifier, args, kwargs).with(reply_to: reply_to))
    end

    def ask(...) = within(Asking::DEFAULT_SECONDS).ask(...)

    def ask_many(...) = within(Asking::DEFAULT_SECONDS).ask_many(...)

    # Asks with a time limit in seconds: `within(5).ask(…)`.
    def within(seconds) = Asking.new(self, seconds)

    # Has something with a method `call`, or the block, called for a pattern, until what this returns is told to `unfollow`. With
    # `queue:`, the name of a shared queue, it is fed from there, `concurrency` messages at a time; `queue_options` are Queue's.
    def regist_function(pattern, function = nil, guard: nil, queue: nil, queue_options: nil, concurrency: 1, &block)
      follow_with(FunctionFollowing.new(self, pattern, function || block, guard: guard), queue, queue_options, concurrency)
    end
    alias following_function regist_function

    # Has a Method called for a pattern for as long as its object lives. See regist_function.
    def regist_method(pattern, method, guard: nil, queue: nil, queue_options: nil, concurrency: 1)
      follow_with(MethodFollowing.new(self, pattern, method, guard: guard), queue, queue_options, concurrency)
    end

    # Messages of patterns: each to the block, or a Stream (Enumerable, with `next`, `get(timeout:)`, `close`).
    def follow(*patterns, max_messages: 10_000, max_bytes: 16 * MIB)
      stream = Stream.new(patterns, max_messages: max_messages, max_bytes: max_bytes) { |lag| @dispatcher.deliver(lag) }
      caller = caller_locations(1, 4).find { |line| line.path && !line.path.start_with?(File.dirname(__dir__)) }
      place = Following.source_of(caller && [caller.path, caller.lineno])
      stream.followings = patterns.map { |pattern| register(SinkFollowing.new(self, pattern, stream, source: place)) }
      return stream unless block_given?

      begin
        stream.each { |message| yield message }
      ensure
        stream.close
      end
    end

    # A Queue of the messages that match; see Queue.
    def queue(pattern, **options) = Queue.new(pattern, bus: self, **options)

    # Runs handlers in so many threads; 0 = in the thread of whoever publishes.
    def set_multiplicity(count)
      @dispatcher.multiplicity = count
    end

    # Is called with (error, message, handler) for what handlers raise; the default prints a line on stderr.
    def on_error(callback = nil, &block)
      @dispatcher.on_error = Bus.callback(:on_error, callback || block)
      nil
    end

    # Sends to the program of that ident: now, or when it next connects. Returns a Receipt. Raises Unavailable before the first
    # connect. A Symbol is the name of a method, as for every object.
    def send(ident, ...) = ident.is_a?(Symbol) ? super : mailbox(ident).send(...)

    # The Mailbox of an ident, with options of its own.
    def mailbox(ident, ttl: nil, persistent: true) = Mailbox.new(self, ident, ttl: ttl, persistent: persistent)

    # Calls with (ident of the sender, message) for what is sent to this bus; what returns is done, what raises comes again. Each
    # of these returns something with `remove`.
    def on_recv(callback = nil, &block) = @mailroom.on_recv(Bus.callback(:on_recv, callback || block))

    # Calls with (ident, message_id) when what was sent to that ident expired unread.
    def on_drop(callback = nil, &block) = @mailroom.on_drop(Bus.callback(:on_drop, callback || block))

    # Calls with the ident of every program that connects, or is gone.
    def on_connect(callback = nil, &block) = @mailroom.on_connect(Bus.callback(:on_connect, callback || block))

    def on_disconnect(callback = nil, &block) = @mailroom.on_disconnect(Bus.callback(:on_disconnect, callback || block))

    # Patterns that are followed here, sorted.
    def show_followers
      @router.patterns.select { |pattern| @router.at(pattern).any?(&:alive?) }
    end

    # Joins this process to a gateway: its followers hear everybody, and everybody hears it. Returns the bus once it follows
    # there. Raises Unavailable after `timeout` seconds and leaves the bus unconnected.
    def connect(url, ident: nil, timeout: 10.0, max_held: 65_536, max_held_bytes: 64 * MIB)
      raise_if_closed
      raise InvalidArgument, "connect(#{url.inspect}): this bus is joined to #{@link.address}; close it first" if @link

      require_relative "link"
      @named ||= !ident.nil?
      @ident = Bus.checked_ident(ident || @ident || Bus.default_ident)
      link = Link.new(self, url, ident: @ident, outbox: Outbox.new(max_held: max_held, max_held_bytes: max_held_bytes))
      @link = link
      link.open(timeout)
      @works.join(link)
      @mailroom.join(link)
      self
    rescue Unavailable, NotSupported, Internal
      @link = nil
      raise
    end

    def connected? = !@link.nil? && @link.connected?

    # Returns when every publish so far is answered and every pattern so far is followed; raises Timeout.
    def flush(timeout: 10.0)
      @link&.flush(timeout)
      nil
    end

    # Flushes (5 s at most), closes the link and the threads. Idempotent; afterwards publishing raises Closed.
    def close
      return if @closed

      @works.stop
      @mailroom.stop
      @closed = true
      @link&.close
      @link = nil
      @dispatcher.close
      nil
    end

    def closed? = @closed

    # What follows serves the SDK's other rooms.

    # Takes a closed bus into use again, as the default bus is by `BerryMQ.connect`.
    def reopen
      @closed = false
      self
    end

    def raise_if_closed
      raise Closed, "this bus was closed by its owner; make another (the default bus: BerryMQ.connect)" if @closed
    end

    def register(following)
      @router.add(following)
      @link&.refresh(following.identifier)
      following
    end

    def remove(following)
      @router.remove(following)
      @link&.refresh(following.identifier)
    end

    # [whether a handler follows the pattern, its source], or nil when nobody does.
    def followed(identifier)
      entries = @router.at(identifier.canonical).select(&:alive?)
      entries.empty? ? nil : [entries.any? { |entry| entry.kind == :handler }, entries.filter_map(&:source).first]
    end

    # The patterns that a gateway may know of.
    def followed_identifiers = @router.patterns.map { |text| Identifier.parse(text) }.reject(&:local?)

    # The Message, stamped; refuses what a client may not publish.
    def prepare(identifier, args, kwargs)
      raise_if_closed
      message = message_of(identifier, args, kwargs)
      if message.identifier.reserved?
        raise ReservedIdentifier, "#{message.id} belongs to the system; publish to any other name than #{Identifier::RESERVED_NAME}"
      end

      message.stamp(@ident)
    end

    # Calls the local followers; the block gets the handlers' outcomes. Returns a Tally.
    def deliver(message, &answer) = @dispatcher.deliver(message, &answer)

    # A message of the link: for local followers, whose answers travel. The block acknowledges it, if that is wanted.
    def receive(message, &acknowledge)
      acknowledging = message.require_ack? ? Acknowledging.new(&acknowledge) : nil
      return @dispatcher.deliver(message, remote: true) unless message.reply_to || acknowledging

      tally = @dispatcher.deliver(message, remote: true) do |outcome|
        @answering.publish(message, outcome, true) if message.reply_to
        acknowledging&.push(outcome)
      end
      return unless message.reply_to

      @answering.decline(message) if tally.handlers.zero? && message.reply_to.start_with?("_")
    end

    # Hands a message that was delivered here to the link, without waiting.
    def forward(message)
      @link.put([@link.entry(message)], Receipt.new(message.message_id)) if connected_for?(message)
    end

    # Publishes over the link only, whatever the name; see Mailbox#send.
    def publish_outside(message)
      raise_if_closed
      link = @link || raise(Unavailable, "#{message.id} is for another program, and this bus was never connected; connect first")
      receipt = Receipt.new(message.message_id)
      link.put([link.entry(message.stamp(@ident))], receipt)
      receipt
    end

    # Whether the message leaves the process.
    def connected_for?(message) = !@link.nil? && !message.identifier.local?

    # The system's word of a message that a queue of this process lost, as a gateway says it, to the followers here. Of the system's own
    # messages nothing is told: a queue that keeps and loses them would never come to an end.
    def tell_drop(message, queue, reason)
      return if message.identifier.reserved?

      told = { message_id: message.message_id, identifier: message.id, sender: message.sender || "" }
      drop = Message.new("#{Identifier::RESERVED_NAME}:drop", queue: queue, reason: reason, **told)
      refusal = deliver(drop).refusal
      report(refusal, drop, nil) if refusal
    end

    def report(error, message, handler) = @dispatcher.report(error, message, handler)

    # Around a fork, in the parent.
    def park = @link&.park

    def unpark = @link&.unpark

    # In a forked child, which is a program of its own: unless its owner named it, it takes another ident.
    def after_fork
      @ident = Bus.default_ident if @ident && !@named
      @dispatcher.after_fork
      @link&.after_fork(@ident)
      @local_queues.after_fork
      @works.after_fork
      @mailroom.after_fork
    end

    class << self
      def default_ident = "ruby-#{Process.pid}-#{SecureRandom.hex(3)}"

      def checked_ident(ident)
        return ident if ident.is_a?(String) && ident.match?(/\A[ -~]{1,255}\z/)

        raise InvalidArgument, "the ident is #{ident.inspect}; it takes 1 to 255 printable ASCII characters"
      end

      def callback(name, callback)
        return callback if callback.respond_to?(:call)

        raise InvalidArgument, "#{name}(#{callback.inspect}): it takes a block, or something with a method `call`"
      end
    end

    private

    def follow_with(following, queue, queue_options, concurrency)
      return @works.add(following, queue, queue_options, concurrency) if queue
      return register(following) if queue_options.nil? && concurrency == 1

      raise InvalidArgument, "queue_options and concurrency are for followers of a queue; give queue: \"name\", too"
    end

    def message_of(identifier, args, kwargs)
      return Message.new(identifier, *args, **kwargs) unless identifier.is_a?(Message)
      return identifier if args.empty? && kwargs.empty?

      raise InvalidArgument, "a Message carries its arguments itself; #{(args + kwargs.to_a).inspect} came beside it"
    end

    def transmit(message)
      link = @link if connected_for?(message)
      entry = link&.entry(outward(message))
      tally = deliver_talk(message)
      receipt = Receipt.new(message.message_id, tally.followers, tally.queues)
      tally.refusal ? receipt.refuse(tally.refusal) : link&.put([entry], receipt)
      receipt
    end

    # Answers to a local name cannot come from elsewhere: those elsewhere are not asked.
    def outward(message)
      message.reply_to && Identifier.parse(message.reply_to).local? ? message.with(reply_to: nil) : message
    end

    def deliver_talk(message)
      return @dispatcher.deliver(message) unless message.reply_to

      @dispatcher.deliver(message) { |outcome| @answering.publish(message, outcome, false) }
    end

    def publish_slice(slice, receipt)
      entries = []
      slice.each do |one|
        message = one.is_a?(Message) ? prepare(one, [], {}) : prepare(one.first, one.drop(1), {})
        entry = @link.entry(message) if connected_for?(message)
        tally = deliver_talk(message)
        receipt.accept(1, tally.followers, tally.queues) unless tally.followers.zero? && tally.queues.zero?
        tally.refusal ? receipt.refuse(tally.refusal) : entries << entry
      end
    ensure
      entries.compact!
      @link&.put(entries, receipt) unless entries.empty?
    end

    def send_answer(answer, gateway_only)
      return transmit(prepare(answer, [], {})) unless gateway_only

      @link&.put([@link.entry(answer.stamp(@ident))], Receipt.new(answer.message_id))
    end
  end
end
