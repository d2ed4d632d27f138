// Queues as programs use them: the same whether the messages are kept in this process or at a gateway.
import { Closed, InvalidArgument } from "./errors.js";
import type { Message } from "./message.js";
import type {
  Consumer,
  Handed,
  GetOptions as KeeperGet,
  Overflow,
  QueueStatus,
  Verdict,
} from "./transports/queue-calls.js";

export type { Overflow, QueueStatus } from "./transports/queue-calls.js";

/** What is absent takes its default (queue.proto). Times are seconds. */
export interface QueueOptions {
  /** True = everybody who opens that name shares it. Absent = a copy of one's own. */
  readonly shared?: boolean;
  /** Default: the pattern. */
  readonly name?: string;
  readonly maxMessages?: number;
  readonly maxBytes?: number;
  readonly overflow?: Overflow;
  readonly lease?: number;
  readonly maxAttempts?: number;
  readonly backoff?: readonly [first: number, most: number];
}

/** Where a queue's messages are kept. Settling what was settled is harmless; every other method may fail as the queue does. */
export interface Keeper {
  readonly name: string;
  /** Leases, waiting for the first message at most `wait` seconds; empty when none came. */
  get(options: KeeperGet): Promise<readonly Handed[]>;
  settle(leaseId: string, verdict: Verdict): Promise<void>;
  extend(leaseId: string, seconds: number | undefined): Promise<Date>;
  describe(): Promise<{ readonly maxMessages: number; readonly status: QueueStatus }>;
  peek(max: number): Promise<readonly Message[]>;
  purge(): Promise<number>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  remove(): Promise<void>;
  consume(credit: number, autoAck: boolean): Consumer;
  /** The keeper of its dead letters. */
  dead(): Keeper;
  /** Lets go of it: a standalone queue ends. */
  close(): Promise<void>;
}

export interface GetOptions {
  /** Seconds to wait; absent = until there is one. */
  readonly timeout?: number;
  /** False = do not wait. */
  readonly block?: boolean;
  /** False = a {@link Delivery}, to be settled. */
  readonly autoAck?: boolean;
  readonly signal?: AbortSignal;
}

export interface ConsumeOptions {
  /** Deliveries that may be unsettled at once. Default 100. */
  readonly credit?: number;
  /** True = each is acknowledged as it is pushed. */
  readonly autoAck?: boolean;
  readonly signal?: AbortSignal;
}

/** Seconds of one wait; a longer one is made of several, since gateways bound it. */
const WAIT_AT_MOST = 60;
/** Seconds before a lost stream of deliveries is opened again. */
const AGAIN = 0.2;

/** One handing-over of one message, to be settled once. */
export class Delivery {
  constructor(
    private readonly handed: Handed,
    private readonly settler: Pick<Consumer, "settle">,
    private readonly keeper: Keeper,
  ) {
    this.deadline = handed.deadline;
  }

  /** When the lease ends; undefined when nothing is leased. */
  deadline: Date | undefined;

  get message(): Message {
    return this.handed.message;
  }

  /** Which counted attempt this is, from 1. */
  get attempt(): number {
    return this.handed.attempt;
  }

  /** `""` = it was acknowledged on the way out. */
  get leaseId(): string {
    return this.handed.leaseId;
  }

  /** Done: the message is forgotten. @throws LeaseLost */
  ack(): Promise<void> {
    return this.settle({ verb: "ack" });
  }

  /** Gives it back at its old place, this attempt not counted. @throws LeaseLost */
  release(): Promise<void> {
    return this.settle({ verb: "release" });
  }

  /** Gives it back after `delay` seconds, or the queue's backoff; this attempt counts. @throws LeaseLost */
  retry(delay?: number): Promise<void> {
    return this.settle({ verb: "retry", delay });
  }

  /** Gives it up: it goes to the dead letters. @throws LeaseLost */
  reject(why?: string): Promise<void> {
    return this.settle({ verb: "reject", why });
  }

  /** Prolongs the lease to `seconds` from now, or the queue's lease. @throws LeaseLost */
  async extend(seconds?: number): Promise<void> {
    if (this.leaseId !== "") this.deadline = await this.keeper.extend(this.leaseId, seconds);
  }

  private async settle(verdict: Verdict): Promise<void> {
    if (this.leaseId !== "") await this.settler.settle(this.leaseId, verdict);
  }
}

export class Queue implements AsyncDisposable {
  private closed = false;
  private readonly ending = new AbortController();

  constructor(
    private readonly keeper: Keeper,
    private readonly gone: (queue: Queue) => void = () => {},
  ) {}

  get name(): string {
    return this.keeper.name;
  }

  /** The oldest message, or undefined when none came in time. With `autoAck: false` a delivery. */
  get(options: GetOptions & { readonly autoAck: false }): Promise<Delivery | undefined>;
  get(options?: GetOptions): Promise<Message | undefined>;
  async get(options: GetOptions = {}): Promise<Message | Delivery | undefined> {
    return (await this.take(1, options))[0];
  }

  getNowait(): Promise<Message | undefined> {
    return this.get({ block: false });
  }

  /** Up to `max` messages; waits for the first. */
  getMany(max: number, options: GetOptions & { readonly autoAck: false }): Promise<Delivery[]>;
  getMany(max: number, options?: GetOptions): Promise<Message[]>;
  async getMany(max: number, options: GetOptions = {}): Promise<(Message | Delivery)[]> {
    if (!Number.isInteger(max) || max < 1) throw new InvalidArgument(`max is a whole number from 1, not ${max}`);
    return this.take(max, options);
  }

  /** Deliveries as they come, until the iteration is left, the signal or the queue's end. Settle each, unless `autoAck`. */
  async *consume(options: ConsumeOptions = {}): AsyncGenerator<Delivery, void, undefined> {
    const { credit = 100, autoAck = false, signal } = options;
    while (!this.closed && !signal?.aborted) {
      let consumer: Consumer | undefined;
      const stop = () => consumer?.close();
      signal?.addEventListener("abort", stop, { once: true });
      this.ending.signal.addEventListener("abort", stop, { once: true });
      try {
        consumer = this.open().consume(credit, autoAck);
        for await (const handed of consumer) {
          yield new Delivery(handed, granting(consumer), this.keeper);
          if (autoAck) consumer.grant(1);
        }
      } catch (error) {
        if ((error as { retryable?: boolean }).retryable !== true) throw error;
      } finally {
        signal?.removeEventListener("abort", stop);
        this.ending.signal.removeEventListener("abort", stop);
      }
      if (!this.closed && !signal?.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN * 1000));
    }
  }

  /** Messages that can be had now or later; what is leased does not count. */
  async qsize(): Promise<number> {
    const { ready, delayed } = await this.status();
    return ready + delayed;
  }

  async empty(): Promise<boolean> {
    return (await this.qsize()) === 0;
  }

  /** Whether it is at its bound of messages. */
  async full(): Promise<boolean> {
    const { maxMessages, status } = await this.open().describe();
    return maxMessages > 0 && status.ready + status.delayed + status.leased >= maxMessages;
  }

  async status(): Promise<QueueStatus> {
    return (await this.open().describe()).status;
  }

  /** Shows the oldest without leasing or counting anything. */
  async peek(max = 1): Promise<readonly Message[]> {
    return this.open().peek(max);
  }

  /** Forgets everything that nobody leases; how many that was. */
  async purge(): Promise<number> {
    return this.open().purge();
  }

  /** Hands out nothing more until {@link resume}. */
  async pause(): Promise<void> {
    await this.open().pause();
  }

  async resume(): Promise<void> {
    await this.open().resume();
  }

  /** Removes it, with everything in it, for everybody. */
  async delete(): Promise<void> {
    await this.open().remove();
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
    this.gone(this);
    await this.keeper.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private open(): Keeper {
    if (this.closed) throw new Closed(`the queue ${this.name} is closed`);
    return this.keeper;
  }

  private async take(max: number, options: GetOptions): Promise<(Message | Delivery)[]> {
    const { timeout = Number.POSITIVE_INFINITY, block = true, autoAck = true } = options;
    if (!(timeout >= 0)) throw new InvalidArgument(`timeout is seconds from 0, not ${timeout}`);
    const signal = options.signal ? AbortSignal.any([options.signal, this.ending.signal]) : this.ending.signal;
    const deadline = Date.now() + timeout * 1000;
    while (true) {
      const wait = block ? Math.min(WAIT_AT_MOST, Math.max(0, (deadline - Date.now()) / 1000)) : 0;
      const handed = await this.open().get({ max, wait, autoAck, signal });
      if (handed.length > 0) return handed.map((each) => (autoAck ? each.message : this.delivery(each)));
      if (!block || Date.now() >= deadline) return [];
    }
  }

  private delivery(handed: Handed): Delivery {
    return new Delivery(handed, this.keeper, this.keeper);
  }
}

/** Settling one delivery of a stream makes room for another. */
function granting(consumer: Consumer): Pick<Consumer, "settle"> {
  return {
    settle: (leaseId, verdict) => {
      const settled = consumer.settle(leaseId, verdict);
      consumer.grant(1);
      return settled;
    },
  };
}
