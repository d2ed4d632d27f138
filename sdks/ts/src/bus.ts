// The bus: publishes to the followers of this process and, once it is connected, to everybody else's.
import { Acknowledging } from "./acknowledging.js";
import { Clock } from "./clock.js";
import { Dispatcher, type ErrorCallback } from "./dispatcher.js";
import { Closed, InvalidArgument } from "./errors.js";
import { Followers, type Following, type FollowOptions, type Handler, weakly } from "./follower.js";
import { type GatewayCalls, GatewayQueue } from "./gateway-queue.js";
import { Link } from "./link.js";
import type { Loss } from "./local-queue.js";
import { LocalQueues, queueName } from "./local-queues.js";
import {
  type DropCallback,
  type IdentCallback,
  type Mailbox,
  Mailboxes,
  type MailboxOptions,
  type ReceiveCallback,
  type Removable,
} from "./mailbox.js";
import { changed, Message } from "./message.js";
import { randomText } from "./message-id.js";
import { kwargs } from "./payload.js";
import { type Publication, Publisher } from "./publisher.js";
import { type Asking, Questions } from "./question.js";
import { type Keeper, Queue, type QueueOptions } from "./queue.js";
import { readPatterns } from "./queue-patterns.js";
import type { Receipt } from "./receipt.js";
import { Stream, type StreamOptions } from "./stream.js";
import { ASK_SECONDS } from "./talk.js";
import { Works } from "./work.js";

export type { Publication } from "./publisher.js";

export interface ConnectOptions {
  /** The name by which others know this program. Default: of the bus. */
  readonly ident?: string;
  /** Seconds. Default 10. */
  readonly timeout?: number;
  /** Messages that may wait for the gateway. Default 65536. */
  readonly maxHeld?: number;
  /** Bytes that may wait for the gateway. Default 64 MiB. */
  readonly maxHeldBytes?: number;
}

const CONNECT_SECONDS = 10;
const FLUSH_SECONDS = 10;
const CLOSE_SECONDS = 5;
const MAX_HELD = 65_536;
const MAX_HELD_BYTES = 64 * 1024 * 1024;

export class Bus implements AsyncDisposable {
  /** The time of this bus, by which whatever runs beside it may go, too. */
  readonly clock = new Clock();
  private errors: ErrorCallback = logError;
  private readonly report: ErrorCallback = (...all) => this.errors(...all);
  private readonly followers = new Followers(() => this.link?.patternsChanged());
  private readonly dispatcher = new Dispatcher(this.followers, this.report);
  private readonly publisher = new Publisher(this.publisherHost());
  private readonly questions = new Questions(this.publisher, this.dispatcher);
  private readonly localQueues = new LocalQueues(this.clock, this.followers, this.report, (...lost) =>
    this.tellDrop(...lost),
  );
  private readonly works = new Works({
    localQueues: this.localQueues,
    gateway: () => this.gateway(),
    answering: (message) => this.publisher.answersOf(message, false),
    report: this.report,
  });
  private readonly mailboxes = new Mailboxes(this.mailboxHost());
  private readonly acknowledging = new Acknowledging((messageId) => this.link?.acknowledge(messageId));
  private readonly streams = new Set<Stream>();
  private readonly queues = new Set<Queue>();
  private link: Link | undefined;
  private closed = false;
  private name: string;

  constructor(ident?: string) {
    this.name = ident ?? `ts-${globalThis.process?.pid ?? "browser"}-${randomText(8)}`;
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
  publish(identifier: string | Message, ...args: readonly unknown[]): Promise<Receipt> {
    return this.publisher.publish(identifier, args);
  }

  /** {@link publish}, as berryMQ called it. */
  twitter(identifier: string | Message, ...args: readonly unknown[]): Promise<Receipt> {
    return this.publisher.publish(identifier, args);
  }

  /** Publishes one after the other, as fast as the gateway takes them; one receipt for all. */
  publishMany(messages: Iterable<Publication> | AsyncIterable<Publication>): Promise<Receipt> {
    return this.publisher.publishMany(messages);
  }

  /** Publishes; what each handler returns is published to `replyTo`. */
  talk(identifier: string | Message, replyTo: string, ...args: readonly unknown[]): Promise<Receipt> {
    return this.publisher.talk(identifier, replyTo, args);
  }

  /** The first answer. @throws NoFollowers at once; HandlerFailed; Timeout after 30 s, or as `within` says */
  ask(identifier: string | Message, ...args: readonly unknown[]): Promise<unknown> {
    return this.within(ASK_SECONDS).ask(identifier, ...args);
  }

  /** Everybody's answers as they come; one that failed throws when it is reached. @throws as {@link ask} */
  askMany(identifier: string | Message, ...args: readonly unknown[]): AsyncGenerator<unknown, void, undefined> {
    return this.within(ASK_SECONDS).askMany(identifier, ...args);
  }

  /** `within(2).ask(…)` waits two seconds. */
  within(seconds: number): Asking {
    return this.questions.within(seconds);
  }

  /** An endless iteration over what is published from now on. The last argument may be options. */
  follow(...patterns: readonly [string, ...(string | StreamOptions)[]]): Stream {
    this.assertOpen();
    const options = patterns.find((each) => typeof each === "object") ?? {};
    const texts = patterns.filter((each) => typeof each === "string");
    const stream = new Stream(texts, options, {
      clock: this.clock,
      add: (listener) => this.followers.add(listener),
      lagged: (dropped, pattern) => this.tell("berrymq:lag", { dropped, pattern }),
      gone: (gone) => this.streams.delete(gone),
      taken: (message) => this.acknowledging.taken(message),
    });
    if (!options.signal?.aborted) this.streams.add(stream);
    return stream;
  }

  /** Has `handler` called with every message that the pattern meets; with `queue`, with every message of that shared queue. */
  followingFunction(pattern: string, handler: Handler, options: FollowOptions = {}): Following {
    const { queue } = options;
    if (queue === undefined) return this.followers.addFunction(pattern, handler, options);
    return this.works.add(pattern, () => handler, { ...options, queue });
  }

  /** {@link followingFunction}, as berryMQ called it. */
  registFunction(pattern: string, handler: Handler, options?: FollowOptions): Following {
    return this.followingFunction(pattern, handler, options);
  }

  /** Has a method called. The object is held weakly: once it is gone, it follows no more. */
  registMethod(pattern: string, object: object, method: Handler, options: FollowOptions = {}): Following {
    const { queue } = options;
    if (queue === undefined) return this.followers.addMethod(pattern, object, method, options);
    const following = this.works.add(pattern, weakly(object, method), { ...options, queue });
    this.followers.unfollowWith(object, following);
    return following;
  }

  /** At most `n` promises of handlers at a time; 0 = handlers are called at once, however many are unfinished. */
  setMultiplicity(n: number): void {
    this.dispatcher.pool.resize(n);
  }

  /** Patterns followed here, sorted. */
  showFollowers(): string[] {
    return [...new Set([...this.followers.texts(), ...this.works.texts()])].sort();
  }

  /** Is told of what handlers throw, and of every other error that has no caller. Default: the console. */
  onError(callback: ErrorCallback): void {
    this.errors = callback;
  }

  /**
   * A queue of what the pattern meets, or one of several patterns (100 at most, which need a `name`): at the gateway when the bus is
   * connected, otherwise in this process. What two patterns meet is kept once.
   */
  async queue(pattern: string | readonly string[], options: QueueOptions = {}): Promise<Queue> {
    this.assertOpen();
    const patterns = readPatterns(pattern, options.name);
    const gateway = patterns[0]?.local ? undefined : this.gateway();
    if (gateway === undefined) return this.opened(this.localQueues.open(patterns, options));
    const { shared = false, name: _, ...bounds } = options;
    const texts = patterns.map(({ text }) => text);
    const spec = { ...bounds, name: queueName(patterns, options), patterns: texts, standalone: !shared };
    await gateway.calls().create(spec);
    return this.opened(new GatewayQueue(spec.name, gateway, spec));
  }

  /** Sends to the program of that ident: it gets it now, or when it next connects. @throws Unavailable before `connect` */
  send(ident: string, ...args: readonly unknown[]): Promise<Receipt> {
    return this.mailboxes.of(ident).send(...args);
  }

  /** {@link send} with options: `mailbox("bob", { ttl: 60 }).send(…)`. */
  mailbox(ident: string, options?: MailboxOptions): Mailbox {
    return this.mailboxes.of(ident, options);
  }

  /** Is called with what was sent to this program, one after the other; what a callback throws at comes again. */
  onRecv(callback: ReceiveCallback): Removable {
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
    const { ident = this.name, timeout = CONNECT_SECONDS } = options;
    const { name, closed } = this;
    const link = this.newLink(url, ident, options);
    Object.assign(this, { link, name: ident, closed: false });
    try {
      await link.open(timeout);
    } catch (error) {
      link.close();
      Object.assign(this, { link: undefined, name, closed });
      throw error;
    }
    this.mailboxes.connected();
    await this.works.connected();
    return this;
  }

  /** Resolves when every publish so far is answered, every pattern so far followed, every queue so far made. @throws Timeout */
  async flush(timeout = FLUSH_SECONDS): Promise<void> {
    await this.link?.flush(timeout);
  }

  /** Waits for handlers that settle and for answers to what was published (5 s at most each), then ends everything. Harmless twice. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { link } = this;
    await Promise.all([this.works.close(CLOSE_SECONDS), this.mailboxes.close(CLOSE_SECONDS)]);
    await link?.answered(CLOSE_SECONDS).catch((error) => this.errors(error));
    await Promise.allSettled([...this.queues].map((each) => each.close()));
    link?.close();
    this.link = undefined;
    for (const stream of [...this.streams]) stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private newLink(url: string, ident: string, { maxHeld, maxHeldBytes }: ConnectOptions): Link {
    const bounds = { messages: maxHeld ?? MAX_HELD, bytes: maxHeldBytes ?? MAX_HELD_BYTES };
    return new Link(url, ident, bounds, {
      patterns: () => this.followers.patterns(),
      report: this.report,
      prepared: () => this.works.ready(),
      receive: (message) => this.receive(message),
      receivedBatch: (bytes) => {
        for (const listener of this.followers.listeners) listener.heardBatch(bytes);
      },
      whenDispatched: (callback) => this.dispatcher.pool.whenStarted(callback),
    });
  }

  private publisherHost() {
    const bus = this;
    return {
      get ident() {
        return bus.name;
      },
      clock: this.clock,
      dispatcher: this.dispatcher,
      report: this.report,
      link: () => this.link,
      assertOpen: () => this.assertOpen(),
    };
  }

  private mailboxHost() {
    const bus = this;
    return {
      get ident() {
        return bus.name;
      },
      gateway: () => this.gateway(),
      publishThere: (message: Message) => this.publisher.publishThere(message),
      follow: (pattern: string, handler: Handler) => this.followers.addFunction(pattern, handler),
      report: this.report,
    };
  }

  /** The gateway as queues need it; undefined = the bus is not connected. */
  private gateway(): GatewayCalls | undefined {
    if (this.link === undefined) return undefined;
    return { calls: () => this.connected().calls(), connections: () => this.link?.connections ?? 0 };
  }

  /** The system's own word, to the followers of this process only. */
  private tell(identifier: string, values: Readonly<Record<string, unknown>>): void {
    this.dispatcher.dispatch(
      changed(new Message(identifier, kwargs(values)), { publishedAt: this.clock.wall() * 1000 }),
      false,
    );
  }

  /** As a gateway tells. Of the system's own messages nothing is told: a queue that keeps and loses them would never come to an end. */
  private tellDrop(queue: string, { messageId, identifier, sender }: Message, reason: Loss): void {
    if (identifier.reserved) return;
    this.tell("berrymq:drop", { queue, message_id: messageId, identifier: identifier.text, sender, reason });
  }

  private opened(keeper: Keeper): Queue {
    const queue = new Queue(keeper, (gone) => this.queues.delete(gone));
    this.queues.add(queue);
    return queue;
  }

  /** Takes a message from the gateway. */
  private receive(message: Message): void {
    if (message.identifier.local) return;
    const answering = this.publisher.answersOf(message, true);
    if (!message.requireAck) {
      this.dispatcher.dispatch(message, true, answering);
      return;
    }
    const watching = this.acknowledging.expect(message, answering);
    watching.reached(this.dispatcher.dispatch(message, true, watching));
  }

  private connected(): Link {
    if (this.link === undefined) throw new Closed("the bus is not connected to a gateway any more");
    return this.link;
  }

  private assertOpen(): void {
    if (this.closed) throw new Closed("the bus is closed");
  }
}

function logError(error: unknown, message?: Message): void {
  console.error(message === undefined ? "berryMQ:" : `berryMQ: at ${message.id}:`, error);
}
