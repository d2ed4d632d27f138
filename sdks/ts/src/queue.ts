// Queues as programs use them: the same whether the messages are kept in this process or at a gateway.
import type { Clock } from "./clock.js";
import { consuming, leftAtOnce, waited } from "./consuming.js";
import { Delivery, granting } from "./delivery.js";
import { Closed, InvalidArgument } from "./errors.js";
import type { Message } from "./message.js";
import type {
  Consumer,
  Handed,
  GetOptions as KeeperGet,
  Overflow,
  Policy,
  QueueDescription,
  QueueStatus,
  Verdict,
} from "./transports/queue-calls.js";

export type { Overflow, Policy, QueueStatus } from "./transports/queue-calls.js";

/** What is absent takes its default when the queue is made, and is not compared with a shared one that is there. Times are seconds. */
export interface QueueOptions {
  /** True = everybody who opens that name shares it. Absent = a copy of one's own. */
  readonly shared?: boolean | undefined;
  /** Default: the pattern. A queue of several patterns needs one. */
  readonly name?: string | undefined;
  /** Default 1000000. */
  readonly maxMessages?: number | undefined;
  /** Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** What a full queue does. Default `"reject_publish"`. */
  readonly overflow?: Overflow | undefined;
  /** How long a delivery is its consumer's, 0.1 s to 12 h. Default 30. */
  readonly lease?: number | undefined;
  /** After so many a message is a dead letter. Default 10. */
  readonly maxAttempts?: number | undefined;
  /** How long a message waits after its first failed attempt; that doubles, up to the second. Default `[1, 300]`. */
  readonly backoff?: readonly [first: number, most: number] | undefined;
  /** True = kept in memory, whatever the engine of the gateway. */
  readonly transient?: boolean | undefined;
  /** How old a message gets, from its publishing, before it is dropped. */
  readonly ttl?: number | undefined;
  /** How long after its publishing a message is handed out at the earliest. */
  readonly delay?: number | undefined;
  /** For how long a message whose id was taken is not taken again; 0 = ids are not compared. Default 120. */
  readonly dedupe?: number | undefined;
  /** How pushed consumers share. */
  readonly policy?: Policy | undefined;
  /** How long one's own queue outlives its maker's connection. */
  readonly standaloneTtl?: number | undefined;
}

/** A shared queue by its name alone: as it is, or made with the pattern `<name>:*` if it is not there. */
export type NamedQueue = QueueOptions & { readonly name: string; readonly shared: true };

/** Which dead letters go back, and how fast. */
export interface RedriveOptions {
  /** At most so many; absent = as many as are there now. */
  readonly max?: number | undefined;
  /** Messages a second. Default 100. */
  readonly rate?: number | undefined;
  /** Those with these ids (`messageId`) alone, 1000 at most: at once, whatever the rate. Absent = whichever come first. */
  readonly messageIds?: readonly string[] | undefined;
}

/** Where a queue's messages are kept. Settling what was settled is harmless; every other method may fail as the queue does. */
export interface Keeper {
  readonly name: string;
  readonly patterns: readonly string[];
  /** The time that its calls take. */
  readonly clock: Clock;
  /** Leases, waiting for the first message at most `wait` seconds, or for ever; empty when none came, perhaps sooner. */
  get(options: KeeperGet): Promise<readonly Handed[]>;
  /** Whether that gave the message up. */
  settle(leaseId: string, verdict: Verdict): Promise<boolean>;
  extend(leaseId: string, seconds: number | undefined): Promise<Date>;
  describe(): Promise<QueueDescription>;
  peek(max: number): Promise<readonly Message[]>;
  purge(): Promise<number>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  remove(): Promise<void>;
  redrive(max: number, rate: number, ids?: readonly string[]): Promise<number>;
  consume(credit: number, autoAck: boolean): Consumer;
  /** Takes a message over that {@link consume} brought. */
  adopt?(message: Message): void;
  /** Whether consuming may go on after this error: the queue was gone with its gateway, and is made again. */
  restored(error: unknown, consumer: Consumer | undefined): Promise<boolean>;
  /** The keeper of its dead letters. */
  dead(): Keeper;
  /** Lets go of it: a standalone queue ends. */
  close(): Promise<void>;
}

/** How a message is waited for, and taken. */
export interface GetOptions {
  /** Seconds to wait; absent = until there is one. */
  readonly timeout?: number | undefined;
  /** False = do not wait. */
  readonly block?: boolean | undefined;
  /** False = a {@link Delivery}, to be settled. */
  readonly autoAck?: boolean | undefined;
  /** Ends the waiting, which rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How deliveries are pushed. */
export interface ConsumeOptions {
  /** Deliveries that may be unsettled at once. Default 100. */
  readonly credit?: number | undefined;
  /** True = each is acknowledged as it is pushed. */
  readonly autoAck?: boolean | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keeps every message that one of its patterns matches, from its making on, until it is taken. Made by `queue` of a {@link Bus}: at the
 * gateway if that bus is connected then, otherwise in this process. After `close` its calls reject with Closed.
 */
export class Queue<M extends Message = Message> implements AsyncDisposable {
  private closed = false;
  private readonly ending = new AbortController();

  /** @internal */
  constructor(
    private readonly keeper: Keeper,
    private readonly gone: (queue: Queue) => void = () => {},
  ) {}

  /** The name by which a shared queue is opened; one's own has one that nobody else knows, unless it was given. */
  get name(): string {
    return this.keeper.name;
  }

  /** What it keeps; empty for a queue of dead letters, to which nobody publishes. */
  get patterns(): readonly string[] {
    return this.keeper.patterns;
  }

  /** The oldest message, or undefined when none came in time. With `autoAck: false` a delivery. */
  get(options: GetOptions & { readonly autoAck: false }): Promise<Delivery<M> | undefined>;
  get(options?: GetOptions): Promise<M | undefined>;
  async get(options: GetOptions = {}): Promise<M | Delivery<M> | undefined> {
    return (await this.take(1, options))[0];
  }

  /** The oldest message, or undefined when there is none now. */
  getNowait(): Promise<M | undefined> {
    return this.get({ block: false });
  }

  /** Up to `max` messages; waits for the first. */
  getMany(max: number, options: GetOptions & { readonly autoAck: false }): Promise<Delivery<M>[]>;
  getMany(max: number, options?: GetOptions): Promise<M[]>;
  async getMany(max: number, options: GetOptions = {}): Promise<(M | Delivery<M>)[]> {
    if (!Number.isInteger(max) || max < 1) throw new InvalidArgument(`max is a whole number from 1, not ${max}`);
    return this.take(max, options);
  }

  /** Deliveries as they come, until the iteration is left, the signal or the queue's end. Settle each, unless `autoAck`. */
  consume(options: ConsumeOptions = {}): AsyncGenerator<Delivery<M>, void, undefined> {
    const left = new AbortController();
    const { signal = left.signal } = options;
    const stop = AbortSignal.any([signal, left.signal, this.ending.signal]);
    return leftAtOnce(this.deliveries(options, stop), () => left.abort());
  }

  private async *deliveries(
    { credit = 100, autoAck = false }: ConsumeOptions,
    stop: AbortSignal,
  ): AsyncGenerator<Delivery<M>, void, undefined> {
    if (!Number.isInteger(credit) || credit < 1) {
      throw new InvalidArgument(`credit is a whole number from 1, not ${credit}`);
    }
    this.open();
    for await (const { handed, consumer } of waited(this.keeper.clock, consuming(this.keeper, credit, autoAck, stop))) {
      yield new Delivery(handed, granting(consumer), this.keeper);
      if (autoAck) consumer.grant(1);
    }
  }

  /** How many {@link get} could hand out now; what is delayed or leased does not count. */
  async qsize(): Promise<number> {
    return (await this.status()).ready;
  }

  /** Whether no message can be had now. */
  async empty(): Promise<boolean> {
    return (await this.qsize()) === 0;
  }

  /** Whether it is at its bound of messages. */
  async full(): Promise<boolean> {
    const { maxMessages, status } = await this.open().describe();
    return maxMessages > 0 && status.ready + status.delayed + status.leased >= maxMessages;
  }

  /** How many messages wait, are leased, and how large they are, at this moment. */
  async status(): Promise<QueueStatus> {
    return (await this.open().describe()).status;
  }

  /** Shows the oldest without leasing or counting anything. */
  async peek(max = 1): Promise<readonly M[]> {
    return (await this.open().peek(max)) as readonly M[];
  }

  /** Forgets everything that nobody leases; how many that was. */
  async purge(): Promise<number> {
    return this.open().purge();
  }

  /** Hands out nothing more until {@link resume}. */
  async pause(): Promise<void> {
    await this.open().pause();
  }

  /** Ends a `pause`. */
  async resume(): Promise<void> {
    await this.open().resume();
  }

  /** Removes it, with everything in it, for everybody. */
  async delete(): Promise<void> {
    await this.open().remove();
  }

  /** Moves dead letters back to where they came from; how many. Of a queue of dead letters. @throws InvalidArgument */
  async redrive(options: RedriveOptions = {}): Promise<number> {
    const { max = 0, rate = 100, messageIds } = options;
    for (const [what, value, least] of [
      ["max", max, 0],
      ["rate", rate, 1],
    ] as const) {
      if (!Number.isInteger(value) || value < least) {
        throw new InvalidArgument(`${what} is a whole number from ${least}, not ${value}`);
      }
    }
    if (messageIds !== undefined && (!Array.isArray(messageIds) || messageIds.length > 1000)) {
      throw new InvalidArgument("messageIds is an array of at most 1000 ids of messages");
    }
    return messageIds?.length === 0 ? 0 : this.open().redrive(max, rate, messageIds);
  }

  /** Its dead letters, as a queue. */
  get dead(): Queue {
    return new Queue(this.open().dead());
  }

  /** Lets go of it: a shared queue stays, one's own ends. Harmless twice. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.ending.abort(new Closed(`the queue ${this.name} was closed`));
    this.gone(this as unknown as Queue);
    await this.keeper.close();
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private open(): Keeper {
    if (this.closed) throw new Closed(`the queue ${this.name} is closed; open it again with bus.queue(…)`);
    return this.keeper;
  }

  private async take(max: number, options: GetOptions): Promise<(M | Delivery<M>)[]> {
    const { timeout = Number.POSITIVE_INFINITY, block = true, autoAck = true } = options;
    if (typeof timeout !== "number" || !(timeout >= 0))
      throw new InvalidArgument(`timeout is seconds from 0, not ${timeout}`);
    // One of its own for each call: many gets at once are no leak of listeners.
    const signal = AbortSignal.any(options.signal ? [options.signal, this.ending.signal] : [this.ending.signal]);
    const { clock } = this.keeper;
    const deadline = clock.now() + timeout;
    while (true) {
      const wait = block ? Math.max(0, deadline - clock.now()) : 0;
      const handed = await this.open().get({ max, wait, autoAck, signal });
      if (handed.length > 0) return handed.map((each) => (autoAck ? (each.message as M) : this.delivery(each)));
      if (!block || clock.now() >= deadline) return [];
    }
  }

  private delivery(handed: Handed): Delivery<M> {
    return new Delivery(handed, this.keeper, this.keeper);
  }
}
