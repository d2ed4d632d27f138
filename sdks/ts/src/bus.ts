// The bus: publishes to the followers of this process and, once it is connected, to everybody else's.
import { Dispatcher, type ErrorCallback } from "./dispatcher.js";
import { Closed, InvalidArgument, NoFollowers, ReservedIdentifier } from "./errors.js";
import { Followers, type Following, type FollowOptions, type Handler } from "./follower.js";
import { GatewayQueue } from "./gateway-queue.js";
import { parseIdentifier, RESERVED_NAME, rememberedIdentifier } from "./identifier.js";
import { Link } from "./link.js";
import { LocalQueues, queueName } from "./local-queues.js";
import { changed, envelopeOf, type Fields, Message, make, nowMicros } from "./message.js";
import { randomText } from "./message-id.js";
import { kwargs, toCall } from "./payload.js";
import { type Keeper, Queue, type QueueOptions } from "./queue.js";
import { type Publishing, type Receipt, Tally } from "./receipt.js";
import { Stream, type StreamOptions } from "./stream.js";
import { type Answers, ASK_SECONDS, answerValue, CollectedAnswers, PublishedAnswers } from "./talk.js";
import { EVERYBODY } from "./transports/transport.js";

/** What `publishMany` takes: a message made beforehand, or an identifier with its arguments. */
export type Publication = Message | readonly [identifier: string, ...args: unknown[]];

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
  private readonly followers = new Followers(() => this.link?.patternsChanged());
  private readonly dispatcher = new Dispatcher(this.followers, (...all) => this.errors(...all));
  private readonly localQueues = new LocalQueues(this.followers, (error, message) => this.errors(error, message));
  private readonly streams = new Set<Stream>();
  private readonly queues = new Set<Queue>();
  private errors: ErrorCallback = logError;
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
    return this.publishing((tally) => this.hand(this.message(identifier, args), tally));
  }

  /** {@link publish}, as berryMQ called it. */
  twitter(identifier: string | Message, ...args: readonly unknown[]): Promise<Receipt> {
    return this.publish(identifier, ...args);
  }

  /** Publishes one after the other, as fast as the gateway takes them; one receipt for all. */
  publishMany(messages: Iterable<Publication> | AsyncIterable<Publication>): Promise<Receipt> {
    const tally = new Tally(this.errors);
    this.feed(messages, tally)
      .catch((error) => tally.refuse(error))
      .then(() => tally.settle(1));
    return tally.receipt;
  }

  /** Publishes; what each handler returns is published to `replyTo`. */
  talk(identifier: string | Message, replyTo: string, ...args: readonly unknown[]): Promise<Receipt> {
    return this.publishing((tally) => {
      parseIdentifier(replyTo);
      this.hand(changed(this.message(identifier, args), { replyTo }), tally);
    });
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
  within(seconds: number): Pick<Bus, "ask" | "askMany"> {
    if (!(seconds > 0)) throw new InvalidArgument(`within takes seconds above 0, not ${seconds}`);
    return {
      ask: async (identifier, ...args) => {
        for await (const value of this.question(identifier, args, 1, seconds)) return value;
        throw new NoFollowers(`nobody answers ${identifier instanceof Message ? identifier.id : identifier}`);
      },
      askMany: (identifier, ...args) => this.question(identifier, args, EVERYBODY, seconds),
    };
  }

  /** An endless iteration over what is published from now on. The last argument may be options. */
  follow(...patterns: readonly [string, ...(string | StreamOptions)[]]): Stream {
    this.assertOpen();
    const options = patterns.find((each) => typeof each === "object") ?? {};
    const texts = patterns.filter((each) => typeof each === "string");
    const stream = new Stream(texts, options, {
      add: (listener) => this.followers.add(listener),
      lagged: (dropped, pattern) => this.tellLag(dropped, pattern),
      gone: (gone) => this.streams.delete(gone),
    });
    if (!options.signal?.aborted) this.streams.add(stream);
    return stream;
  }

  /** Has `handler` called with every message that the pattern meets. */
  followingFunction(pattern: string, handler: Handler, options?: FollowOptions): Following {
    return this.followers.addFunction(pattern, handler, options);
  }

  /** {@link followingFunction}, as berryMQ called it. */
  registFunction(pattern: string, handler: Handler, options?: FollowOptions): Following {
    return this.followers.addFunction(pattern, handler, options);
  }

  /** Has a method called. The object is held weakly: once it is gone, it follows no more. */
  registMethod(pattern: string, object: object, method: Handler, options?: FollowOptions): Following {
    return this.followers.addMethod(pattern, object, method, options);
  }

  /** At most `n` promises of handlers at a time; 0 = handlers are called at once, however many are unfinished. */
  setMultiplicity(n: number): void {
    this.dispatcher.pool.resize(n);
  }

  /** Patterns followed here, sorted. */
  showFollowers(): string[] {
    return this.followers.texts();
  }

  /** Is told of what handlers throw, and of every other error that has no caller. Default: the console. */
  onError(callback: ErrorCallback): void {
    this.errors = callback;
  }

  /** A queue of what the pattern meets: at the gateway when the bus is connected, otherwise in this process. */
  async queue(pattern: string, options: QueueOptions = {}): Promise<Queue> {
    this.assertOpen();
    const identifier = parseIdentifier(pattern);
    const { link } = this;
    if (link === undefined || identifier.local) return this.opened(this.localQueues.open(identifier, options));
    const name = queueName(identifier, options);
    const { shared = false, name: _, ...bounds } = options;
    await link.queues().create({ ...bounds, name, patterns: [pattern], standalone: !shared });
    return this.opened(new GatewayQueue(name, !shared, () => this.connected().queues()));
  }

  /**
   * Joins a gateway: `host:port` or `grpc://host:port`. Resolves once everything followed here is followed there.
   *
   * @throws Unavailable when the gateway does not answer in time; the bus then stays as it was
   */
  async connect(url: string, options: ConnectOptions = {}): Promise<this> {
    if (this.link !== undefined) throw new InvalidArgument("this bus is connected already; close it first");
    const { ident = this.name, timeout = CONNECT_SECONDS } = options;
    const bounds = { messages: options.maxHeld ?? MAX_HELD, bytes: options.maxHeldBytes ?? MAX_HELD_BYTES };
    const link = new Link(url, ident, bounds, {
      patterns: () => this.followers.patterns(),
      report: (error) => this.errors(error),
      receive: (message) => this.receive(message),
      receivedBatch: (bytes) => {
        for (const listener of this.followers.listeners) listener.heardBatch(bytes);
      },
      whenDispatched: (callback) => this.dispatcher.pool.whenStarted(callback),
    });
    this.link = link;
    const { name, closed } = this;
    this.name = ident;
    this.closed = false;
    try {
      await link.open(timeout);
    } catch (error) {
      link.close();
      Object.assign(this, { link: undefined, name, closed });
      throw error;
    }
    return this;
  }

  /** Resolves when every publish so far is answered and every pattern so far is followed. @throws Timeout */
  async flush(timeout = FLUSH_SECONDS): Promise<void> {
    await this.link?.flush(timeout);
  }

  /** Waits for the answers to what was published (5 s at most), then ends queues, link and streams. Harmless twice. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { link } = this;
    await link?.answered(CLOSE_SECONDS).catch((error) => this.errors(error));
    await Promise.allSettled([...this.queues].map((each) => each.close()));
    link?.close();
    this.link = undefined;
    for (const stream of [...this.streams]) stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The system's own word, to the followers of this process only. */
  private tellLag(dropped: number, pattern: string): void {
    this.dispatcher.dispatch(new Message("berrymq:lag", kwargs({ dropped, pattern })), false);
  }

  private opened(keeper: Keeper): Queue {
    const queue = new Queue(keeper, (gone) => this.queues.delete(gone));
    this.queues.add(queue);
    return queue;
  }

  private publishing(work: (tally: Tally) => void): Publishing {
    const tally = new Tally(this.errors);
    try {
      work(tally);
    } catch (error) {
      tally.refuse(error);
    }
    tally.settle(1);
    return tally.receipt;
  }

  private async feed(messages: Iterable<Publication> | AsyncIterable<Publication>, tally: Tally): Promise<void> {
    if (Symbol.asyncIterator in messages) {
      for await (const each of messages) await this.handWithRoom(each, tally);
      return;
    }
    for (const each of messages) {
      const room = this.handWithRoom(each, tally);
      if (room !== undefined) await room;
    }
  }

  /** Hands one of many over; a promise when there was no room and it had to wait. */
  private handWithRoom(each: Publication, tally: Tally): Promise<void> | undefined {
    const room = this.link?.room();
    if (room !== undefined) return room.then(() => this.handWithRoom(each, tally));
    if (each instanceof Message) this.hand(this.message(each, []), tally);
    else this.hand(this.made(each[0], each.slice(1)), tally);
    return undefined;
  }

  /** The message as it is published: with its time and its sender. One that was received is passed on as it is. */
  private message(identifier: string | Message, args: readonly unknown[]): Message {
    if (!(identifier instanceof Message)) return this.made(identifier, args);
    if (args.length > 0) throw new InvalidArgument("a message made beforehand has its arguments already");
    if (identifier.publishedAt !== undefined) return identifier;
    return changed(identifier, { publishedAt: nowMicros(), sender: this.name });
  }

  private made(identifier: string, args: readonly unknown[]): Message {
    const fields: Fields = { publishedAt: nowMicros(), sender: this.name };
    return make(rememberedIdentifier(identifier), toCall(args), fields);
  }

  /** Gives a message to everybody: here, then to the gateway. */
  private hand(message: Message, tally: Tally): void {
    const link = this.prepare(message);
    if (tally.messageId === "") tally.messageId = message.messageId;
    const answering = message.replyTo === "" ? undefined : this.answersOf(message, false);
    const { followers, queues } = this.dispatcher.dispatch(message, false, answering);
    tally.reached(followers, queues);
    link?.send(envelopeOf(isLocal(message.replyTo) ? changed(message, { replyTo: "" }) : message), tally);
  }

  /** Refuses what cannot be published before anybody got it; gives the link when the message leaves the process. */
  private prepare(message: Message): Link | undefined {
    this.assertOpen();
    const { reserved, local } = message.identifier;
    if (reserved) {
      throw new ReservedIdentifier(
        `${message.id}: the name ${RESERVED_NAME} belongs to the system; choose another name`,
      );
    }
    const link = local ? undefined : this.link;
    // Encoding is where NotEncodable comes from.
    if (link !== undefined) void message.payload;
    this.dispatcher.admit(message);
    return link;
  }

  /** Takes a message from the gateway. */
  private receive(message: Message): void {
    if (message.identifier.local) return;
    const answering = message.replyTo === "" ? undefined : this.answersOf(message, true);
    this.dispatcher.dispatch(message, true, answering);
  }

  private answersOf(message: Message, foreign: boolean): PublishedAnswers {
    // A local name that came from the gateway is the gateway's own: the answer goes there and nowhere else.
    const gatewayAsks = foreign && isLocal(message.replyTo);
    return new PublishedAnswers(
      message,
      (answer) => (gatewayAsks ? this.tell(this.connected(), this.message(answer, [])) : this.answer(answer)),
      (error) => this.errors(error, message),
      gatewayAsks,
    );
  }

  private answer(answer: Message): void {
    const tally = new Tally(this.errors);
    this.hand(this.message(answer, []), tally);
    tally.settle(1);
  }

  private async *question(
    identifier: string | Message,
    args: readonly unknown[],
    wanted: number,
    seconds: number,
  ): AsyncGenerator<unknown, void, undefined> {
    const message = this.message(identifier, args);
    const link = this.prepare(message);
    const collected = new CollectedAnswers();
    this.dispatcher.dispatch(message, false, collected);
    const { answers } = collected;
    const left = new AbortController();
    let taken = 0;
    if (link === undefined) {
      if (collected.of === 0) answers.end();
    } else if (collected.of === 0 || wanted > 1) {
      if (collected.of > 0) answers.join();
      void gather(link.ask(envelopeOf(message), wanted, seconds, left.signal), answers);
    } else this.tell(link, message);
    try {
      for await (const value of answers.within(seconds, message.id)) {
        taken++;
        yield value;
      }
    } finally {
      // The gateway ends a question that has its answers; servers close connections that reset many streams.
      if (taken < wanted) left.abort();
    }
  }

  /** Hands a message to the gateway for which nobody here waits. */
  private tell(link: Link, message: Message): void {
    const tally = new Tally(this.errors);
    link.send(envelopeOf(message), tally);
    tally.settle(1);
  }

  private connected(): Link {
    if (this.link === undefined) throw new Closed("the bus is not connected to a gateway any more");
    return this.link;
  }

  private assertOpen(): void {
    if (this.closed) throw new Closed("the bus is closed");
  }
}

/** What the gateway's ask brings goes to who asked. Its end without anybody's answer is an end like any other. */
async function gather(stream: AsyncIterable<Message>, answers: Answers): Promise<void> {
  try {
    for await (const answer of stream) {
      if (answer.answer?.of !== 0) answers.add(() => answerValue(answer));
    }
    answers.end();
  } catch (error) {
    answers.end(error);
  }
}

function isLocal(identifier: string): boolean {
  return identifier !== "" && rememberedIdentifier(identifier).local;
}

function logError(error: unknown, message?: Message): void {
  console.error(message === undefined ? "berryMQ:" : `berryMQ: at ${message.id}:`, error);
}
