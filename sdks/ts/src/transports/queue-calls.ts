// The calls of a gateway's queues, as values; times are seconds.
import type { Message } from "../message.js";
import type { QueueOptions } from "../queue.js";

/** What a bound of a queue does. */
export type Overflow = "reject_publish" | "drop_oldest";

/** How pushed consumers share: each message to one of them in turn, or to every one. */
export type Policy = "round_robin" | "broadcast";

/** A queue as somebody asks for it; what is absent, and no patterns, is not said. */
export interface QueueSpec extends Omit<QueueOptions, "name" | "shared"> {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly standalone: boolean;
}

/** A queue as its gateway told of it: what it keeps, and what its transport makes the same one of. */
export interface ToldQueue {
  readonly patterns: readonly string[];
  readonly told: unknown;
}

/** A queue's options, as far as others need them, and how it stands. */
export interface QueueDescription {
  readonly maxMessages: number;
  /** Seconds. */
  readonly lease: number;
  readonly status: QueueStatus;
}

/** How a queue stands. */
export interface QueueStatus {
  /** Messages that can be had now. */
  readonly ready: number;
  /** Messages that wait for their time. */
  readonly delayed: number;
  /** Messages that a consumer holds. */
  readonly leased: number;
  /** Of all of them. */
  readonly bytes: number;
  /** How many have deliveries pushed at this moment. */
  readonly consumers: number;
}

/** One handing-over. `leaseId` `""` = it was acknowledged on the way out. */
export interface Handed {
  readonly message: Message;
  readonly leaseId: string;
  readonly attempt: number;
  /** When the lease ends; undefined without one. */
  readonly deadline: Date | undefined;
}

/** A consumer's verdict. */
export type Verdict =
  | { readonly verb: "ack" }
  | { readonly verb: "release" }
  | { readonly verb: "retry"; readonly delay: number | undefined }
  | { readonly verb: "reject"; readonly why: string | undefined };

export interface GetOptions {
  readonly max: number;
  /** Seconds to wait for the first. */
  readonly wait: number;
  readonly autoAck: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Deliveries that are pushed. Settle on the stream that they came by. */
export interface Consumer extends AsyncIterable<Handed> {
  /** So many more may be pushed. */
  grant(credit: number): void;
  /** Whether that gave the message up: it is a dead letter now. @throws LeaseLost */
  settle(leaseId: string, verdict: Verdict): Promise<boolean>;
  close(): void;
  /** Aborted when the stream is over: what was not settled is leased no more. */
  readonly over: AbortSignal;
}

export interface QueueCalls {
  /** Makes it, or opens the one that is there. @throws QueueExists */
  create(queue: QueueSpec | ToldQueue): Promise<ToldQueue>;
  get(queue: string, options: GetOptions): Promise<readonly Handed[]>;
  /** As of a {@link Consumer}. @throws LeaseLost */
  settle(queue: string, leaseId: string, verdict: Verdict): Promise<boolean>;
  /** When the lease now ends. @throws LeaseLost */
  extend(queue: string, leaseId: string, seconds: number | undefined): Promise<Date>;
  describe(queue: string): Promise<QueueDescription & ToldQueue>;
  peek(queue: string, max: number): Promise<readonly Message[]>;
  purge(queue: string): Promise<number>;
  remove(queue: string): Promise<void>;
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
  /** Moves dead letters back, at most `max` (0 = all) and `rate` a second (0 = 100), or those of `ids` at once; how many. */
  redrive(queue: string, max: number, rate: number, ids?: readonly string[]): Promise<number>;
  consume(queue: string, credit: number, autoAck: boolean): Consumer;
}
