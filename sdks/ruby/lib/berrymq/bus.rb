# frozen_string_literal: true

# The bus of a process: publishes to its own followers, and over the link, if there is one, to everybody's.
module BerryMQ
  # Thread-safe. No server is needed until `connect`.
  class Bus
    include Registering
    include Correspondence
    include Model
    include Classic

    MIB = 1024 * 1024
    FINISH_SECONDS = 5.0
    MANY = "it takes an Enumerable of Messages, or of [identifier, *args]"
    private_constant :MIB, :FINISH_SECONDS, :MANY

    # The name by which others know this program, or nil until it has one.
    attr_reader :ident

    # The Link, or nil.
    attr_reader :link # :nodoc:

    def initialize(ident: nil)
      @ident = ident
      @named = !ident.nil? # by its owner
      @router = Router.new
      @clock = Clock.new
      @times = Timekeeper.new(@clock)
      publications = Publications.new
      @dispatcher = Dispatcher.new(@router, publications, @clock)
      @network = Network.new(@router, publications)
      @answering = Answering.new(@dispatcher, @clock) { |answer, gateway_only| send_answer(answer, gateway_only) }
      @local_queues = LocalQueues.new(@times)
      @works = Works.new(self, @answering)
      @mailroom = Mailroom.new(self, @works.leases, method(:report))
      @closed = false
      @debug = nil # DebugMessages while they are on
      @adapters = {}.compare_by_identity
      ForkHook.watch(self)
    end

    # Its time, and what it calls later; the queues of this process; what `show_network` draws; its durable followings; what follows,
    # and who calls it.
    attr_reader :clock, :times, :local_queues, :network, :works, :router, :dispatcher # :nodoc:

    # Calls the matching followers here, in order, then hands the message to the link. `identifier` is a String or a Message.
    # Returns a Receipt. Raises InvalidIdentifier, ReservedIdentifier, Closed, QueueFull of a queue in this process (then nobody hears
    # it), and (with a link) NotEncodable, MessageTooLarge, BacklogFull.
    def publish(identifier, *args, **kwargs)
      transmit(prepare(identifier, args, kwargs))
    end

    # As the original berryMQ: a trailing Hash stands for keyword arguments.
    def twitter(identifier, *args, **kwargs)
      kwargs = Message.trailing_kwargs(args) if kwargs.empty?
      publish(identifier, *args, **kwargs)
    end

    # Publishes many, of `Message` or `[identifier, *args]`, in order; one Receipt for all. What raises, raises after those before
    # it were published.
    def publish_many(messages)
      raise_if_closed
      raise InvalidArgument, "publish_many(#{messages.inspect}): #{MANY}" unless messages.respond_to?(:each_slice)

      receipt = Receipt.new(nil)
      messages.each_slice(Outbox::MAX_BATCH_MESSAGES) { |slice| publish_slice(slice, receipt) }
      receipt
    end

    # Publishes; each handler's result travels to `reply_to`. Returns a Receipt.
    def talk(identifier, reply_to, *args, **kwargs)
      transmit(prepare(identifier, args, kwargs).with(reply_to: Identifier.parse(reply_to)))
    end

    # A Pipeline of 2 to 100 identifiers: `talk` and `ask` go through all of them. `errors` and `results` are identifiers that hear of
    # failures and of every hop's result; `deadline` is seconds for the whole.
    def pipeline(*identifiers, **options) = Pipeline.new(self, @answering.hops, identifiers, **options)

    # Publishes, and waits 30 s for the first answer: its value. Raises HandlerFailed, NoFollowers (at once) or Timeout.
    def ask(...) = within(Asking::DEFAULT_SECONDS).ask(...)

    # Everybody's answers, as they come, for 30 s: an Enumerator of values, or each to the block. Raises as `ask`.
    def ask_many(...) = within(Asking::DEFAULT_SECONDS).ask_many(...)

    # Asks with a time limit in seconds: `within(5).ask(…)`.
    def within(seconds) = Asking.new(self, seconds)

    # A Queue of the messages that match; see Queue.
    def queue(pattern = nil, **options) = Queue.new(pattern, bus: self, **options)

    # Runs handlers in so many threads; 0 = in the thread of whoever publishes.
    def set_multiplicity(count)
      raise_if_closed
      @dispatcher.multiplicity = count
    end

    # Is called with (error, message, handler) for what handlers raise; the default prints a line on stderr.
    def on_error(callback = nil, &block)
      @dispatcher.on_error = Bus.callback(:on_error, Parameters.one_of(callback, block, "on_error"), %w[error message handler])
      nil
    end

    # Patterns that are followed here, sorted.
    def show_followers
      @router.patterns.select { |pattern| @router.at(pattern).any?(&:alive?) }
    end

    # Joins this process to a gateway: its followers hear everybody, and everybody hears it. Returns the bus once it follows
    # there. Raises Unavailable after `timeout` seconds and leaves the bus unconnected.
    def connect(url, **options) = join(url, **options)

    # Whether it stands in connection with a gateway at this moment.
    def connected? = !@link.nil? && @link.connected?

    # Returns when every publish so far is answered and every pattern so far is followed; raises Timeout.
    def flush(timeout: 10.0)
      raise_if_closed
      @link&.flush(timeout)
      nil
    end

    # Lets handlers at work end, which may still publish, and flushes (5 s at most each), closes the link, the threads, and the streams
    # and queues of this process. Idempotent; afterwards every call that does something raises Closed.
    def close
      return if @closed

      adapters.each(&:stop)
      let_finish
      @closed = true
      @link&.close
      @link = @pulled = nil
      @router.entries.filter_map { |entry| entry.sink unless entry.kind == :handler || entry.kind == :condition }.each(&:end_with_bus)
      nil
    end

    # What a program ends with that only follows: returns after SIGINT or SIGTERM, once the bus is closed. A second signal ends the program
    # at once; earlier traps of both are put back. Raises Closed, and InvalidArgument in another thread than the main one.
    def run
      raise_if_closed
      Running.until_told { close }
    end

    # Whether `close` was called.
    def closed? = @closed

    def inspect = "#<BerryMQ::Bus #{@ident || "alone"}#{" closed" if @closed}>"

    # What follows serves the SDK's other rooms.

    # Takes a closed bus into use again, as the default bus is by `BerryMQ.connect`.
    def reopen
      @closed = false
      self
    end

    def raise_if_closed
      return unless @closed

      raise Closed, "this bus was closed; make another with BerryMQ::Bus.new (the default bus comes back by BerryMQ.connect)"
    end

    def register(following)
      @router.add(following)
      @link&.refresh(following.identifier)
      following
    end

    def remove(following)
      @link&.refresh(following.identifier) if @router.remove(following)
    end

    # [whether a handler follows the pattern, its source], or nil when nobody does.
    def followed(identifier)
      entries = @router.at(identifier.canonical).lazy.select(&:alive?)
      entries.none? ? nil : [entries.any? { |entry| %i[handler condition].include?(entry.kind) }, entries.filter_map(&:source).first]
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

      message.stamp(@ident, self)
    end

    # Calls the local followers; the block gets the handlers' outcomes. Returns a Tally.
    def deliver(message, &answer) = @dispatcher.deliver(message, &answer)

    # A message of the link: for local followers, whose answers travel. The block acknowledges it, if that is wanted.
    def receive(message, &acknowledge)
      @debug&.received(message)
      acknowledging = acknowledge && Acknowledging.new(&acknowledge)
      return @dispatcher.deliver(message, remote: true) unless message.reply_to || acknowledging

      tally = @dispatcher.deliver(message, remote: true) do |outcome|
        @answering.publish(message, outcome, true) if message.reply_to
        acknowledging&.push(outcome)
      end
      nobody_called(message, tally, acknowledging) if tally.handlers.zero?
    end

    # Hands a message that was delivered here to the link, without waiting.
    def forward(message)
      put(message, Receipt.new(message)) if connected_for?(message)
    end

    # Publishes over the link only, whatever the name; see Mailbox#send.
    def publish_outside(message)
      raise_if_closed
      link = @link || raise(Unavailable, "#{message.id} is for another program, and this bus was never connected; connect first")
      @debug&.sent(message)
      put(message.stamp(@ident, self), Receipt.new(message), link: link)
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
      @clock.after_fork
      adapters.each(&:after_fork)
      @times.after_fork
      @works.after_fork
      @mailroom.after_fork
    end

    class << self
      def default_ident = "ruby-#{Process.pid}-#{SecureRandom.hex(3)}"

      def checked_ident(ident)
        return ident if ident.is_a?(String) && ident.match?(/\A[ -~]{1,255}\z/)

        raise InvalidArgument, "the ident is #{ident.inspect}; it takes 1 to 255 printable ASCII characters"
      end

      # What can be called with these, for the call of that name; raises InvalidArgument.
      def callback(name, callback, given)
        unless callback.respond_to?(:call)
          raise InvalidArgument, "#{name}(#{callback.inspect}): it takes a block, or something with a method `call`"
        end

        place = Following.source_of(callback.source_location) if callback.respond_to?(:source_location)
        label = Parameters.label("the callback of #{name}", place)
        Parameters.new(callback).tap { |parameters| parameters.check_no_keywords(label) }
                  .check(given.size, label, "it is called with (#{given.join(", ")})")
        callback
      end
    end

    # What came over the link, as a Message of this bus.
    def came(told) = ReceivedMessage.new(told).stamp(nil, self)

    # What lives beside this bus, and ends with it: each answers `stop`.
    def adapters = @adapters.keys

    def attach(adapter) = @adapters[adapter] = true

    def detach(adapter) = @adapters.delete(adapter)

    private

    def join(url, ident: nil, timeout: 10.0, max_held: 65_536, max_held_bytes: 64 * MIB, hears: true)
      raise_if_closed
      @clock.virtual&.refuse(url)
      raise InvalidArgument, "connect(#{url.inspect}): this bus is joined to #{@link.address}; close it first" if @link

      require_relative "link"
      @named ||= !ident.nil?
      @ident = Bus.checked_ident(ident || @ident || Bus.default_ident)
      link = Link.new(self, url, ident: @ident, hears: hears, outbox: Outbox.new(max_held: max_held, max_held_bytes: max_held_bytes))
      @link = link
      link.open(timeout)
      @works.join(link)
      @mailroom.join(link)
      self
    rescue Unavailable, NotSupported, Internal
      @link = nil
      raise
    end

    # Nothing more is begun; handlers at work end, those of this thread aside.
    def let_finish
      ends = Clock.now + FINISH_SECONDS
      @works.stop
      @mailroom.stop
      @link&.rest(Clock.left(ends))
      @dispatcher.close(Clock.left(ends))
    end

    # What conditions keep is taken: it is not to come again. Whoever asks is told that nobody answers.
    def nobody_called(message, tally, acknowledging)
      acknowledging&.done if tally.kept&.positive?
      @answering.decline(message) if message.reply_to&.start_with?("_")
    end

    def message_of(identifier, args, kwargs)
      return Message.of(identifier, args, kwargs) unless identifier.is_a?(Message)
      return identifier if args.empty? && kwargs.empty?

      raise InvalidArgument, "a Message carries its arguments itself; #{(args + kwargs.to_a).inspect} came beside it"
    end

    def transmit(message)
      link = @link if connected_for?(message)
      entry = link&.entry(outward(message))
      @debug&.sent(message)
      tally = deliver_talk(message)
      receipt = Receipt.new(message, tally.followers, tally.queues)
      raise tally.refusal if tally.refusal

      link ? put(message, receipt, link: link, entry: entry) : receipt
    rescue ThreadError => e
      raise e unless e.message.include?("trap context")

      raise NotSupported, "#{message.id} is published inside a signal handler, where Ruby lets nobody take a lock; " \
                          "publish in a thread, as trap(\"HUP\") { Thread.new { BerryMQ.publish(…) } }"
    end

    # Hands one message to the link. Returns the receipt.
    def put(message, receipt, link: @link, entry: link.entry(message))
      link.put([entry], receipt)
      @debug&.forwarded(message)
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

    def prepare_one(one)
      return prepare(one, [], {}) if one.is_a?(Message)
      raise InvalidArgument, "publish_many came to #{one.inspect}; #{MANY}" unless one.is_a?(Array)

      prepare(one.first, one.drop(1), {})
    end

    def publish_slice(slice, receipt)
      entries = []
      slice.each do |one|
        message = prepare_one(one)
        entry = @link.entry(message) if connected_for?(message)
        @debug&.sent(message)
        tally = deliver_talk(message)
        receipt.accept(1, tally.followers, tally.queues) unless tally.followers.zero? && tally.queues.zero?
        raise tally.refusal if tally.refusal
        next unless entry

        entries << entry
        @debug&.forwarded(message)
      end
    ensure
      @link&.put(entries, receipt) unless entries.empty?
    end

    def send_answer(answer, gateway_only)
      return transmit(prepare(answer, [], {})) unless gateway_only

      put(answer.stamp(@ident, self), Receipt.new(answer)) if @link
    end
  end
end
