// Where messages are kept until they are settled. An engine knows queues, leases and times; it knows no patterns, no
// followers, no transports and no policy: when a message is given up, and what a full queue does, the broker decides.
//
// What holds for every engine, and what `engine.contract.ts` asks of it:
// - Order: within a queue, messages are claimed by priority, the higher first, and within one priority in the order of `append`; one that is
//   returned or has waited for its time takes its old place.
// - Expiry: from its `expires` on a message is claimed, shown and counted no more, but a lease that holds it goes on; `lapsed` tells of it.
// - Atomicity: one `append` or `settle` call happens whole or not at all. `append` may touch many queues.
// - Durability: when the promise of `append` or `settle` is fulfilled, a durable engine has committed. Engines
//   commit all calls of one event-loop turn together.
// - Effect: for later calls, `stats` among them, a call has happened at the moment it is made, whenever its promise is fulfilled.
// - Failure: what could not be written is rejected with STORAGE_FAILED, and is then as if it had not been called.
// - Time: the engine has no clock. Whoever calls says what time it is, in microseconds since the Unix epoch.
// - Numbers: every message has one in its queue, from 1 in the order of `append`, for life and never used again, whatever is settled, purged
//   or restarted.
// - Unknown queues are the caller's fault: methods throw. Unknown leases are not: they are answered.
import type { QueueOptions } from "../model/queue-options.js";

export interface Engine {
  readonly capabilities: Capabilities;

  /** There is no room for more messages: nothing is to be appended. What an engine holds can be read and settled all the same. */
  readonly full: boolean;

  /** Makes the engine ready and tells what it kept from before. Called once, first. */
  open(): Promise<Kept>;

  /** Makes a queue or changes its options or its pauses; what it holds stays. */
  putQueue(options: QueueOptions, paused: boolean, pushingPaused?: boolean): Promise<void>;

  /** Removes a queue with everything in it. */
  deleteQueue(queue: string): Promise<void>;

  /**
   * Adds messages at the end of their queues. The bodies may be views of larger buffers: an engine that keeps them copies. With
   * `progress` a durable engine remembers, in the same commit, how far a session has come.
   */
  append(entries: readonly Append[], progress?: Progress): Promise<void>;

  /** Takes up to `max` messages that are due at `now`, and no more than about CLAIM_BYTES of them, at least one. With `until` they are leased till then; without, they are forgotten. */
  claim(queue: string, max: number, now: number, until?: number): Promise<Claim[]>;

  /** The claims behind leases that still hold at `now`; undefined for one that does not. */
  held(queue: string, leases: readonly string[], now: number): Promise<(Claim | undefined)[]>;

  /** Ends leases. One that ended before, by `settle`, answers `before`, whatever the verdict; one that is past its end at `now`, or was settled with a `now` of 0, is `lost`. */
  settle(queue: string, verdicts: readonly Verdict[], now: number): Promise<Settled[]>;

  /** Moves the end of leases. False for one that no longer holds at `now`. */
  extend(queue: string, leases: readonly string[], now: number, until: number): Promise<boolean[]>;

  /** What happened by itself until `now`, and when to look again: no later than `now` where there was too much to tell of at once. */
  lapsed(queue: string, now: number): Promise<Lapsed>;

  /** Forgets the oldest messages that nobody leases, up to `max`; tells which. Synchronous in effect, like `append` in `stats`. */
  dropOldest(queue: string, max: number): Buffer[];

  /** Shows up to `max` messages that are due at `now`, in order, changing nothing. */
  peek(queue: string, max: number, now: number): Promise<Shown[]>;

  /** Forgets every message that nobody leases, or of those the ones with the given numbers; tells how many. */
  purge(queue: string, numbers?: readonly number[]): Promise<number>;

  /** How a queue stands, at once. */
  stats(queue: string, now: number): QueueStats;

  /** Commits what is under way and lets go of everything. Idempotent. */
  close(): Promise<void>;
}

/** Bytes of one claim: half of what the SDKs take in one response. */
export const CLAIM_BYTES = 8 * 1024 * 1024;

/** Leases and expired messages that `lapsed` tells of at once; of no more than about CLAIM_BYTES each. */
export const LAPSED_AT_ONCE = 1000;

/** What an engine can do, as data; the broker refuses the rest with NOT_SUPPORTED. */
export interface Capabilities {
  readonly name: "memory" | "sqlite" | "nats";
  /** Messages outlive the process. */
  readonly durable: boolean;
  /** Several gateways may share it. */
  readonly shared: boolean;
}

/** What outlived the last process. */
export interface Kept {
  readonly queues: readonly KeptQueue[];
  /** Sessions that published of late. */
  readonly progress: readonly Progress[];
}

/** Everything that a session published up to this sequence number was taken in. */
export interface Progress {
  readonly session: string;
  readonly sequence: number;
}

export interface KeptQueue {
  readonly options: QueueOptions;
  readonly paused: boolean;
  /** Nothing is pushed to consumers; whoever asks gets. */
  readonly pushingPaused: boolean;
  /** Encoded messages that came within the queue's `dedupe` window, the youngest first. */
  readonly recent: Iterable<Buffer>;
}

export interface Append {
  readonly queue: string;
  /** An encoded Message. */
  readonly body: Buffer;
  /** The higher is claimed first; absent = 0. */
  readonly priority?: number;
  /** Not claimed before; absent or 0 = at once. */
  readonly due?: number;
  /** Gone from then on, unless it is leased; absent or 0 = never. */
  readonly expires?: number;
}

export interface Lapsed {
  /** Leases past their end, still in place for the caller to settle (with a `now` of 0). Each is told once. */
  readonly claims: Claim[];
  /** Messages that expired, taken out. Each is told once. */
  readonly expired: Buffer[];
  readonly next: number | undefined;
}

/** A message as it lies in its queue. */
export interface Shown {
  readonly body: Buffer;
  /** Its place in the order of `append`, from 1. */
  readonly number: number;
}

/** A message in somebody's hands. */
export interface Claim extends Shown {
  /** Which counted attempt this is, from 1. */
  readonly attempt: number;
  /** What names the lease; empty where nothing was leased. */
  readonly lease: string;
}

/** How a lease ends. */
export type Verdict =
  | { readonly lease: string; readonly kind: "forget" }
  /** Available again from `at` on (0 = at its old place, at once); counted as an attempt or not. */
  | { readonly lease: string; readonly kind: "return"; readonly at: number; readonly counted: boolean }
  /** Moved to the end of another queue with another body. */
  | ({ readonly lease: string; readonly kind: "move" } & Append);

/** `before` = it was settled before, and nothing changed. */
export type Settled = "done" | "before" | "lost";

export interface QueueStats {
  readonly ready: number;
  readonly delayed: number;
  readonly leased: number;
  readonly bytes: number;
  /** Number of the newest message ever appended; 0 = there was none. */
  readonly last: number;
}
