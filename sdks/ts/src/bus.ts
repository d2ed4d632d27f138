// The bus: publishes to the followers of this process and, once it is connected, to everybody else's.
import { Acknowledging } from "./acknowledging.js";
import { Clock } from "./clock.js";
import type { Condition } from "./condition.js";
import { boundsOf, CONNECT_SECONDS, type ConnectOptions } from "./connect-options.js";
import { Dispatcher, type ErrorCallback } from "./dispatcher.js";
import { Closed, InvalidArgument, NotSupported } from "./errors.js";
import type {
  AnyEvents,
  ArgumentsOf,
  EventMap,
  IdentifierOf,
  MessageOf,
  MessagesOf,
  PatternOf,
  ResultOf,
  ReturnOf,
} from "./events.js";
import { Followers, type Following, type FollowOptions } from "./follower.js";
import { type GatewayCalls, GatewayQueue } from "./gateway-queue.js";
import { keeping } from "./keeping.js";
import { Link } from "./link.js";
import { LocalQueues } from "./local-queues.js";
import {
  type DropCallback,
  type IdentCallback,
  type Mailbox,
  Mailboxes,
  type MailboxHost,
  type MailboxOptions,
  type ReceiveCallback,
  type Removable,
} from "./mailbox.js";
import type { Message, Origin } from "./message.js";
import { randomText } from "./message-id.js";
import { type Publication, Publisher, type PublisherHost } from "./publisher.js";
import { type Asking, Questions } from "./question.js";
import { type Keeper, type NamedQueue, Queue, type QueueOptions } from "./queue.js";
import type { Receipt } from "./receipt.js";
import { Registering } from "./registering.js";
import { Reporting } from "./reporting.js";
import { Stream, type StreamOptions } from "./stream.js";
import { System } from "./system.js";
import { ASK_SECONDS } from "./talk.js";
import type { AnyHandler } from "./target.js";
import type { Stand } from "./trial.js";
import { Works } from "./work.js";

export type { ConnectOptions } from "./connect-options.js";
export type { Publication } from "./publisher.js";

/** A bus of whichever identifiers. */
// biome-ignore lint/suspicious/noExplicitAny: what it knows is its owner's to say
export type AnyBus = Bus<any>;

const FLUSH_SECONDS = 10;
const CLOSE_SECONDS = 5;

/** Reaches followers here and, once connected, everywhere. @typeParam E the identifiers and what they carry; absent = anything. */
export class Bus<E extends EventMap<E> = AnyEvents> implements AsyncDisposable {
  /** The time of this bus, by which whatever runs beside it may go, too. */
  readonly clock = new Clock();
  private readonly stand: Stand = { trial: undefined };
  private readonly reporting = new Reporting();
  private readonly report = this.reporting.report;
  private readonly followers = new Followers(() => this.link?.patternsChanged());
  private readonly origin: Origin = { again: (...all) => this.publisher.again(...all) };
  private readonly dispatcher = new Dispatcher(this.followers, this.report, this.origin, this.stand);
  private readonly system = new System(this.dispatcher, this.clock);
  private readonly host = this.rooms();
  private readonly publisher = new Publisher(this.host);
  private readonly questions = new Questions(this.publisher, this.dispatcher);
  private readonly localQueues = new LocalQueues(this.clock, this.stand, this.followers, this.report, (...lost) =>
    this.system.dropped(...lost),
  );
  private readonly works = new Works({
    localQueues: this.localQueues,
    gateway: () => this.gateway(),
    hold: (until) => this.link?.hold(until),
    answering: (message) => this.publisher.answersOf(message, false),
    report: this.report,
  });
  private readonly mailboxes = new Mailboxes(this.host);
  private readonly acknowledging = new Acknowledging((messageId) => this.link?.acknowledge(messageId));
  private readonly registering = new Registering(this.followers, this.works, (taken) =>
    this.acknowledging.taken(taken),
  );
  private readonly streams = new Set<Stream>();
  private readonly queues = new Map<Queue, Keeper>();
  private link: Link | undefined;
  private closed = false;
  private closing: Promise<void> | undefined;
  /** Handlers at work come to their end, and may publish. */
  private finishing = false;
  /** False = live followers hear nothing of others'. */
  private hears = true;
  private name: string;

  /** @param own its ident, unless it connects by another */
  constructor(private readonly own: string = `ts-${globalThis.process?.pid ?? "browser"}-${randomText(8)}`) {
    this.name = own;
  }

  /** True from `connect` to `close`, over reconnections, too. */
  get connected(): boolean {
    return this.link !== undefined;
  }

  /** The name by which other programs know this one. */
  get ident(): string {
    return this.name;
  }

  /**
   * Calls the followers of this process, in order, then hands the message to the gateway if there is one.
   *
   * The promise rejects with what the gateway refused; a rejection that nobody looks at goes to `onError`.
   */
  publish<const K extends IdentifierOf<E> | Message>(identifier: K, ...args: ArgumentsOf<E, K>): Promise<Receipt> {
    return this.publisher.publish(identifier, args);
  }

  /** {@link publish}, as berryMQ called it. */
  twitter<const K extends IdentifierOf<E> | Message>(identifier: K, ...args: ArgumentsOf<E, K>): Promise<Receipt> {
    return this.publisher.publish(identifier, args);
  }

  /** Publishes one after the other, as fast as the gateway takes them; one receipt for all. */
  publishMany(messages: Iterable<Publication<E>> | AsyncIterable<Publication<E>>): Promise<Receipt> {
    return this.publisher.publishMany(messages as Iterable<Publication>);
  }

  /** Publishes; what each handler returns is published to `replyTo`. */
  talk<const K extends IdentifierOf<E> | Message>(
    identifier: K,
    replyTo: IdentifierOf<E>,
    ...args: ArgumentsOf<E, K>
  ): Promise<Receipt> {
    return this.publisher.talk(identifier, replyTo, args);
  }

  /** The first answer. @throws NoFollowers at once; HandlerFailed; Timeout after 30 s, or as `within` says */
  async ask<const K extends IdentifierOf<E> | Message>(
    identifier: K,
    ...args: ArgumentsOf<E, K>
  ): Promise<ResultOf<E, K>> {
    return this.within(ASK_SECONDS).ask(identifier, ...args);
  }

  /** Everybody's answers as they come; one that failed throws when it is reached. @throws as {@link ask} */
  askMany<const K extends IdentifierOf<E> | Message>(
    identifier: K,
    ...args: ArgumentsOf<E, K>
  ): AsyncGenerator<ResultOf<E, K>, void, undefined> {
    return this.within(ASK_SECONDS).askMany(identifier, ...args);
  }

  /** `within(2).ask(…)` waits two seconds. */
  within(seconds: number): Asking<E> {
    this.assertOpen();
    return this.questions.within(seconds) as Asking<E>;
  }

  /** An endless iteration over what is published from now on. The last argument may be options. */
  follow<const P extends PatternOf<E>, const Q extends PatternOf<E> = never>(
    ...patterns: readonly [P, ...(Q | StreamOptions)[]]
  ): Stream<MessageOf<E, P | Q>> {
    this.assertOpen();
    const stream = new Stream(patterns, {
      clock: this.clock,
      add: (listener) => this.followers.add(listener),
      lagged: (dropped, pattern) => this.system.tell("berrymq:lag", { dropped, pattern }),
      begun: (begun) => this.streams.add(begun),
      gone: (gone) => this.streams.delete(gone),
      taken: (message) => this.acknowledging.taken(message),
    });
    return stream as unknown as Stream<MessageOf<E, P | Q>>;
  }

  /**
   * Has `handler` called with every message that the pattern meets, or with the messages of a condition (`cond`); with `queue`, with
   * every message of that shared queue.
   *
   * @throws InvalidIdentifier; InvalidArgument when the handler takes more than it is called with
   */
  followingFunction<const P extends PatternOf<E>>(
    pattern: P,
    handler: (message: MessageOf<E, P>) => ReturnOf<E, P>,
    options?: FollowOptions<MessageOf<E, P>>,
  ): Following;
  followingFunction<const Ps extends readonly PatternOf<E>[]>(
    condition: Condition<Ps>,
    handler: (...messages: MessagesOf<E, Ps>) => unknown,
  ): Following;
  followingFunction(pattern: string | Condition, handler: AnyHandler, options: FollowOptions = {}): Following {
    this.assertOpen();
    return this.registering.add(pattern, handler, options);
  }

  /** {@link followingFunction}, as berryMQ called it. */
  get registFunction(): Bus<E>["followingFunction"] {
    return this.followingFunction;
  }

  /** Has a method called. The object is held weakly: once it is gone, it follows no more. @throws as {@link followingFunction} */
  registMethod(
    pattern: PatternOf<E> | Condition,
    object: object,
    method: AnyHandler,
    options: FollowOptions = {},
  ): Following {
    this.assertOpen();
    return this.registering.addMethod(pattern, object, method, options);
  }

  /** At most `n` promises of handlers at a time; 0 = handlers are called at once, however many are unfinished. */
  setMultiplicity(n: number): void {
    this.assertOpen();
    this.dispatcher.pool.resize(n);
  }

  /** Patterns followed here, sorted. */
  showFollowers(): string[] {
    return this.registering.texts();
  }

  /** Is told of what handlers throw, and of every other error that has no caller. Default: the console. */
  onError(callback: ErrorCallback): void {
    this.reporting.callback = callback;
  }

  /**
   * A queue of what the pattern meets, or one of several patterns (100 at most, which need a `name`): at the gateway when the bus is
   * connected, otherwise in this process. What two patterns meet is kept once. `{ name, shared: true }` opens a shared queue as it is.
   */
  async queue<const P extends PatternOf<E>>(
    pattern: P | readonly P[] | NamedQueue,
    options: QueueOptions = {},
  ): Promise<Queue<MessageOf<E, P>>> {
    this.assertOpen();
    const keeper = await keeping(pattern, options, this.localQueues, this.gateway());
    return this.opened(keeper) as unknown as Queue<MessageOf<E, P>>;
  }

  /** Sends to the program of that ident: it gets it now, or when it next connects. @throws Unavailable before `connect` */
  async send(ident: string, ...args: readonly unknown[]): Promise<Receipt> {
    return this.mailbox(ident).send(...args);
  }

  /** {@link send} with options: `mailbox("bob", { ttl: 60 }).send(…)`. */
  mailbox(ident: string, options?: MailboxOptions): Mailbox {
    this.assertOpen();
    return this.mailboxes.of(ident, options);
  }

  /** Is called with what was sent to this program, one after the other; what a callback throws at comes again. */
  onRecv(callback: ReceiveCallback): Removable {
    this.assertOpen();
    return this.mailboxes.onRecv(callback);
  }

  /** Is told when something that this program sent expired unread. */
  onDrop(callback: DropCallback): Removable {
    return this.mailboxes.onDrop(callback);
  }

  /** Is told of every program that connects. */
  onConnect(callback: IdentCallback): Removable {
    return this.mailboxes.onConnect(callback);
  }

  /** Is told of every program that is gone. */
  onDisconnect(callback: IdentCallback): Removable {
    return this.mailboxes.onDisconnect(callback);
  }

  /**
   * Joins a gateway: `host:port` or `grpc://host:port`, `http://host:port`, `ws://host:port`. Resolves once everything followed here is followed there.
   *
   * @throws Unavailable when the gateway does not answer in time; the bus then stays as it was
   */
  async connect(url: string, options: ConnectOptions = {}): Promise<this> {
    if (this.link !== undefined) throw new InvalidArgument("this bus is connected already; close it first");
    if (this.clock.virtual) throw new NotSupported("a bus in virtual time is not connected; TestBus takes a gateway");
    const { ident = this.own, timeout = CONNECT_SECONDS } = options;
    const { name, closed, closing } = this;
    const link = this.newLink(url, ident, options);
    Object.assign(this, { link, name: ident, closed: false, closing: undefined });
    try {
      await link.open(timeout);
    } catch (error) {
      link.close();
      if (link === this.link) Object.assign(this, { link: undefined, name, closed, closing });
      throw error;
    }
    this.mailboxes.connected();
    await this.works.connected();
    return this;
  }

  /** Resolves when every publish so far is answered, every pattern so far followed, every queue so far made. @throws Timeout */
  async flush(timeout = FLUSH_SECONDS): Promise<void> {
    this.assertOpen();
    await this.link?.flush(timeout);
  }

  /** Waits for handlers that settle and for answers to what was published (5 s at most each), then ends everything. Harmless twice. */
  async close(): Promise<void> {
    this.closing ??= this.end();
    await this.closing;
  }

  private async end(): Promise<void> {
    this.closed = true;
    await this.leave();
    this.questions.end();
    await Promise.allSettled([...this.queues.keys()].map((each) => each.close()));
    for (const stream of [...this.streams]) stream.close();
  }

  /** Ends the link, and with it what was opened at the gateway. */
  private async leave(): Promise<void> {
    const { link } = this;
    this.finishing = true;
    await Promise.all([this.works.close(CLOSE_SECONDS), this.mailboxes.close(CLOSE_SECONDS)]);
    this.finishing = false;
    await link?.answered(CLOSE_SECONDS).catch((error) => this.report(error));
    const there = [...this.queues].filter(([, keeper]) => keeper instanceof GatewayQueue);
    await Promise.allSettled(there.map(([queue]) => queue.close()));
    link?.close();
    this.link = undefined;
    this.hears = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private newLink(url: string, ident: string, options: ConnectOptions): Link {
    return new Link(url, ident, boundsOf(options), {
      patterns: () => (this.hears ? this.followers.patterns() : new Map()),
      report: this.report,
      prepared: () => this.works.ready(),
      receive: (message) => this.receive(message),
      receivedBatch: (bytes) => {
        for (const listener of this.followers.listeners) listener.heardBatch(bytes);
      },
      whenDispatched: (callback) => this.dispatcher.pool.whenStarted(callback),
    });
  }

  /** What publishing and mailboxes ask of their bus. */
  private rooms(): PublisherHost & MailboxHost {
    const bus = this;
    return {
      get ident() {
        return bus.name;
      },
      clock: this.clock,
      stand: this.stand,
      dispatcher: this.dispatcher,
      report: this.report,
      link: () => this.link,
      assertOpen: () => this.finishing || this.assertOpen(),
      gateway: () => this.gateway(),
      publishThere: (message) => this.publisher.publishThere(message),
      follow: (pattern, handler) => this.followingFunction(pattern as never, handler as never),
    };
  }

  /** The gateway as queues need it; undefined = the bus is not connected. */
  private gateway(): GatewayCalls | undefined {
    if (this.link === undefined) return undefined;
    const { origin } = this;
    return { origin, calls: () => this.linked().calls(), connections: () => this.link?.connections ?? 0 };
  }

  private opened(keeper: Keeper): Queue {
    const queue = new Queue(keeper, (gone) => this.queues.delete(gone));
    this.queues.set(queue, keeper);
    return queue;
  }

  /** Takes a message from the gateway. */
  private receive(message: Message): void {
    if (message.identifier.local) return;
    this.acknowledging.deliver(message, this.publisher.answersOf(message, true), this.dispatcher);
  }

  private linked(): Link {
    if (this.link === undefined) throw new Closed("the bus is not connected to a gateway any more; connect it again");
    return this.link;
  }

  private assertOpen(): void {
    if (this.closed) throw new Closed("the bus is closed; connect it again, or make another with `new Bus()`");
  }
}
