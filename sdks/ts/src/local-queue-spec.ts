// The options of a queue in this process, checked, with every default filled in.
import { InvalidArgument, NotSupported } from "./errors.js";
import type { Identifier } from "./identifier.js";
import type { QueueOptions } from "./queue.js";
import type { Overflow } from "./transports/queue-calls.js";

/** With every default filled in. Times are seconds. */
export interface LocalQueueSpec {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly overflow: Overflow;
  readonly lease: number;
  readonly maxAttempts: number;
  readonly backoff: readonly [first: number, most: number];
  /** Infinity = for ever. */
  readonly ttl: number;
  readonly delay: number;
  readonly dedupe: number;
}

/** The defaults of queue.proto. */
const DEFAULTS = {
  maxMessages: 1_000_000,
  maxBytes: 1024 ** 3,
  overflow: "reject_publish",
  lease: 30,
  maxAttempts: 10,
  backoff: [1, 300],
  ttl: Number.POSITIVE_INFINITY,
  delay: 0,
  dedupe: 120,
} as const;

/** `transient` and `standaloneTtl` say nothing in a process, whose queues end with it. */
export function specOf(name: string, patterns: readonly Identifier[], options: QueueOptions): LocalQueueSpec {
  if (options.policy === "broadcast") {
    throw new NotSupported('policy "broadcast" is for queues at a gateway; connect the bus before making the queue');
  }
  const { transient: _, standaloneTtl: __, policy: ___, shared: ____, ...bounds } = options;
  const spec = { ...DEFAULTS, ...defined(bounds), name, patterns: patterns.map(({ text }) => text) };
  for (const what of ["maxMessages", "maxBytes", "lease", "maxAttempts", "ttl"] as const) {
    if (!(spec[what] > 0)) throw new InvalidArgument(`${what} is above 0, not ${spec[what]}`);
  }
  for (const what of ["delay", "dedupe"] as const) {
    if (!(spec[what] >= 0)) throw new InvalidArgument(`${what} is seconds from 0, not ${spec[what]}`);
  }
  return spec;
}

function defined(options: QueueOptions): QueueOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
