// A queue as somebody asks for it, validated. What was not said is undefined: it takes its default when the queue is made, and is not
// compared with a queue that is there.
import type { Backoff, Queue } from "../gen/berrymq/v1/queue.js";
import { Overflow, Policy } from "../gen/berrymq/v1/queue.js";
import { MAX_QUEUE_PATTERNS, RANGES } from "../limits.js";
import { durationOf } from "./duration.js";
import { Refusal } from "./errors.js";
import { type Identifier, readIdentifier } from "./identifier.js";
import { DEFAULTS, type QueueOptions, readQueueName } from "./queue-options.js";

/** Its name, and whose it is, are always said. */
export type AskedQueue = Pick<QueueOptions, "name" | "owner"> & {
  readonly [Option in keyof QueueOptions]: QueueOptions[Option] | undefined;
};

/**
 * @param session id of whoever asks
 * @throws Refusal INVALID_ARGUMENT or INVALID_IDENTIFIER, naming the field and the value.
 */
export function readAskedQueue(queue: Queue, session: string): AskedQueue {
  return {
    name: readQueueName(queue.name),
    patterns: readPatterns(queue.patterns),
    owner: queue.standalone ? session : "",
    maxMessages: readBound("max_messages", queue.maxMessages),
    maxBytes: readBound("max_bytes", queue.maxBytes),
    dropOldest: readOverflow(queue.overflow),
    lease: durationOf("lease", queue.lease, RANGES.lease),
    maxAttempts: queue.maxAttempts || undefined,
    ...readBackoff(queue.backoff),
    transient: queue.transient || undefined,
    ttl: durationOf("ttl", queue.ttl, RANGES.ttl),
    delay: durationOf("delay", queue.delay, RANGES.delay),
    dedupe: durationOf("dedupe", queue.dedupe, RANGES.dedupe),
    broadcast: readPolicy(queue.policy),
    standaloneTtl: durationOf("standalone_ttl", queue.standaloneTtl, RANGES.standaloneTtl),
  };
}

/** @throws Refusal INVALID_ARGUMENT where what was said does not go with a default. */
export function withDefaults(asked: AskedQueue): QueueOptions {
  const backoffFirst = asked.backoffFirst ?? DEFAULTS.backoffFirst;
  const backoffMost = asked.backoffMost ?? Math.max(DEFAULTS.backoffMost, backoffFirst);
  checkBackoff(backoffFirst, backoffMost);
  const patterns = asked.patterns ?? [patternOf(asked.name)];
  return { ...DEFAULTS, dropOldest: false, ...said(asked), patterns, backoffFirst, backoffMost };
}

/** The options that were said. */
export function said(asked: AskedQueue): Partial<QueueOptions> & Pick<QueueOptions, "name" | "owner"> {
  const options = Object.entries(asked).filter(([, value]) => value !== undefined);
  return Object.fromEntries(options) as ReturnType<typeof said>;
}

function readPatterns(patterns: readonly string[]): Identifier[] | undefined {
  if (patterns.length > MAX_QUEUE_PATTERNS) {
    const told = `patterns: ${patterns.length} of them; at most ${MAX_QUEUE_PATTERNS} are taken`;
    throw new Refusal("INVALID_ARGUMENT", told);
  }
  return patterns.length > 0 ? patterns.map(readIdentifier) : undefined;
}

/** What a queue of that name keeps when nobody says. */
function patternOf(name: string): Identifier {
  try {
    return readIdentifier(`${name}:*`);
  } catch {
    const shown = JSON.stringify(name);
    throw new Refusal("INVALID_ARGUMENT", `patterns: absent, and the queue name ${shown} makes no pattern; give one`);
  }
}

function readOverflow(overflow: Overflow): boolean | undefined {
  switch (overflow) {
    case Overflow.OVERFLOW_UNSPECIFIED:
      return undefined;
    case Overflow.OVERFLOW_REJECT_PUBLISH:
      return false;
    case Overflow.OVERFLOW_DROP_OLDEST:
      return true;
    default:
      throw new Refusal(
        "INVALID_ARGUMENT",
        `overflow: ${overflow} is none of OVERFLOW_REJECT_PUBLISH, OVERFLOW_DROP_OLDEST`,
      );
  }
}

function readPolicy(policy: Policy): boolean | undefined {
  switch (policy) {
    case Policy.POLICY_UNSPECIFIED:
      return undefined;
    case Policy.POLICY_ROUND_ROBIN:
      return false;
    case Policy.POLICY_BROADCAST:
      return true;
    default:
      throw new Refusal("INVALID_ARGUMENT", `policy: ${policy} is none of POLICY_ROUND_ROBIN, POLICY_BROADCAST`);
  }
}

function readBackoff(backoff: Backoff | undefined): Pick<AskedQueue, "backoffFirst" | "backoffMost"> {
  const backoffFirst = durationOf("backoff.first", backoff?.first, RANGES.backoff);
  const backoffMost = durationOf("backoff.most", backoff?.most, RANGES.backoff);
  checkBackoff(backoffFirst ?? 0, backoffMost ?? Infinity);
  return { backoffFirst, backoffMost };
}

function checkBackoff(first: number, most: number): void {
  if (most < first) throw new Refusal("INVALID_ARGUMENT", "backoff.most is less than backoff.first");
}

function readBound(field: string, value: bigint): number | undefined {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new Refusal("INVALID_ARGUMENT", `${field}: ${value} is not between 0 and ${Number.MAX_SAFE_INTEGER}`);
  }
  return Number(value) || undefined;
}
