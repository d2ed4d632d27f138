// The queues that live in this process: shared ones by name, and everybody's own.
import { InvalidArgument, QueueExists } from "./errors.js";
import type { Followers, Following } from "./follower.js";
import type { Identifier } from "./identifier.js";
import { LocalQueue, type LocalQueueSpec } from "./local-queue.js";
import type { Message } from "./message.js";
import { randomText } from "./message-id.js";
import type { QueueOptions } from "./queue.js";

/** The defaults of queue.proto. */
const DEFAULTS = {
  maxMessages: 1_000_000,
  maxBytes: 1024 ** 3,
  overflow: "reject_publish",
  lease: 30,
  maxAttempts: 10,
  backoff: [1, 300],
} as const;

export class LocalQueues {
  private readonly shared = new Map<string, LocalQueue>();
  private readonly followings = new Map<LocalQueue, Following>();

  constructor(
    private readonly followers: Followers,
    readonly report: (error: unknown, message?: Message) => void,
  ) {}

  /** @throws QueueExists when it is there with other options, InvalidArgument */
  open(pattern: Identifier, options: QueueOptions): LocalQueue {
    const shared = options.shared ?? false;
    const name = queueName(pattern, options);
    const spec = specOf(name, options);
    const known = shared ? this.shared.get(name) : undefined;
    if (known === undefined) return this.make(spec, pattern, shared);
    if (JSON.stringify(known.spec) === JSON.stringify(spec)) return known;
    throw new QueueExists(`the queue ${name} exists with other options; open it with the same, or delete it first`);
  }

  deadLetters(name: string): LocalQueue {
    const dead = `${name}.dead`;
    const known = this.shared.get(dead) ?? new LocalQueue(specOf(dead, {}), this, true);
    this.shared.set(dead, known);
    return known;
  }

  forget(queue: LocalQueue): void {
    this.followings.get(queue)?.unfollow();
    this.followings.delete(queue);
    if (this.shared.get(queue.name) === queue) this.shared.delete(queue.name);
  }

  private make(spec: LocalQueueSpec, pattern: Identifier, shared: boolean): LocalQueue {
    const queue = new LocalQueue(spec, this, shared);
    this.followings.set(queue, this.followers.add(queue.listener(pattern)));
    if (shared) this.shared.set(spec.name, queue);
    return queue;
  }
}

/** A shared queue's name, or one that nobody else has. */
export function queueName(pattern: Identifier, { shared, name }: QueueOptions): string {
  return shared ? (name ?? pattern.text) : (name ?? `${pattern.text}#${randomText(12)}`);
}

function specOf(name: string, options: QueueOptions): LocalQueueSpec {
  const { maxMessages, maxBytes, overflow, lease, maxAttempts, backoff } = { ...DEFAULTS, ...defined(options) };
  for (const [what, value] of Object.entries({ maxMessages, maxBytes, lease, maxAttempts })) {
    if (!(value > 0)) throw new InvalidArgument(`${what} is above 0, not ${value}`);
  }
  return { name, maxMessages, maxBytes, overflow, lease, maxAttempts, backoff };
}

function defined(options: QueueOptions): QueueOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
