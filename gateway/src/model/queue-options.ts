// The options of a queue, every default filled in.
import type { Queue } from "../gen/berrymq/v1/queue.js";
import { Overflow, Policy } from "../gen/berrymq/v1/queue.js";
import { MAX_QUEUE_NAME_BYTES } from "../limits.js";
import { SECOND } from "./clock.js";
import { toDuration } from "./duration.js";
import { Refusal } from "./errors.js";
import type { Identifier } from "./identifier.js";

/** Times are in microseconds. */
export interface QueueOptions {
  readonly name: string;
  readonly patterns: readonly Identifier[];
  /** Session that owns it, of a standalone queue; empty = shared. */
  readonly owner: string;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly dropOldest: boolean;
  readonly lease: number;
  readonly maxAttempts: number;
  readonly backoffFirst: number;
  readonly backoffMost: number;
  /** Kept in memory, whatever the engine. */
  readonly transient: boolean;
  /** From a message's publishing to its end; 0 = none. */
  readonly ttl: number;
  /** From a message's publishing to its first handing-out; 0 = none. */
  readonly delay: number;
  /** How long an id is remembered; 0 = not at all. */
  readonly dedupe: number;
  readonly standaloneTtl: number;
  /** Pushed to every consumer instead of one. */
  readonly broadcast: boolean;
}

export const DEFAULTS = {
  maxMessages: 1_000_000,
  maxBytes: 1024 ** 3,
  lease: 30 * SECOND,
  maxAttempts: 10,
  backoffFirst: 1 * SECOND,
  backoffMost: 300 * SECOND,
  transient: false,
  ttl: 0,
  delay: 0,
  dedupe: 120 * SECOND,
  standaloneTtl: 60 * SECOND,
  broadcast: false,
} as const;

/** Dead letters of `q` are kept in `q.dead`. */
export const DEAD_SUFFIX = ".dead";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** @throws Refusal INVALID_ARGUMENT */
export function readQueueName(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > MAX_QUEUE_NAME_BYTES || CONTROL.test(name)) {
    const shown = JSON.stringify(name.slice(0, 40));
    throw new Refusal(
      "INVALID_ARGUMENT",
      `queue name ${shown}: 1 to ${MAX_QUEUE_NAME_BYTES} bytes without control characters`,
    );
  }
  return name;
}

/** The options as the contract's `Queue`, every default filled in. */
export function toQueue(options: QueueOptions, paused: boolean): Queue {
  return {
    name: options.name,
    patterns: options.patterns.map((pattern) => pattern.text),
    standalone: options.owner !== "",
    maxMessages: BigInt(options.maxMessages),
    maxBytes: BigInt(options.maxBytes),
    overflow: options.dropOldest ? Overflow.OVERFLOW_DROP_OLDEST : Overflow.OVERFLOW_REJECT_PUBLISH,
    lease: toDuration(options.lease),
    maxAttempts: options.maxAttempts,
    backoff: { first: toDuration(options.backoffFirst), most: toDuration(options.backoffMost) },
    paused,
    transient: options.transient,
    ttl: options.ttl > 0 ? toDuration(options.ttl) : undefined,
    delay: options.delay > 0 ? toDuration(options.delay) : undefined,
    dedupe: toDuration(options.dedupe),
    policy: options.broadcast ? Policy.POLICY_BROADCAST : Policy.POLICY_ROUND_ROBIN,
    standaloneTtl: options.owner !== "" ? toDuration(options.standaloneTtl) : undefined,
  };
}

/** The mailbox of an ident: reached by its name only. */
export function mailboxOptions(name: string, transient: boolean): QueueOptions {
  return { ...DEFAULTS, name: readQueueName(name), patterns: [], owner: "", dropOldest: false, transient };
}

/** The dead letters of a queue: nobody publishes to them, their oldest make room, and they neither expire nor are given up again. */
export function deadLetterOptions(options: QueueOptions): QueueOptions {
  return {
    ...options,
    name: options.name + DEAD_SUFFIX,
    patterns: [],
    dropOldest: true,
    maxAttempts: 0xffff_ffff,
    ttl: 0,
    delay: 0,
    dedupe: 0,
    broadcast: false,
  };
}
