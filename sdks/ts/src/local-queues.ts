// The queues that live in this process: shared ones by name, and everybody's own.
import { assertAgrees } from "./asked-queue.js";
import type { Clock } from "./clock.js";
import type { Loss } from "./entry.js";
import type { Followers, Following } from "./follower.js";
import { type Identifier, parseIdentifier } from "./identifier.js";
import { LocalQueue } from "./local-queue.js";
import { type LocalQueueSpec, specOf } from "./local-queue-spec.js";
import type { Message } from "./message.js";
import { randomText } from "./message-id.js";
import type { QueueOptions } from "./queue.js";
import { patternOf } from "./queue-patterns.js";
import { DEAD } from "./redriving.js";
import type { Stand } from "./trial.js";

export class LocalQueues {
  private readonly shared = new Map<string, LocalQueue>();
  private readonly followings = new Map<LocalQueue, Following>();

  constructor(
    readonly clock: Clock,
    readonly stand: Stand,
    private readonly followers: Followers,
    readonly report: (error: unknown, message?: Message) => void,
    readonly dropped: (queue: string, message: Message, reason: Loss) => void,
  ) {}

  /** All that are there: those that take messages, and those of dead letters. */
  all(): Set<LocalQueue> {
    return new Set([...this.shared.values(), ...this.followings.keys()]);
  }

  /** The shared queue of that name, or somebody's own. */
  find(name: string): LocalQueue | undefined {
    return this.findShared(name) ?? [...this.followings.keys()].find((queue) => queue.name === name);
  }

  findShared(name: string): LocalQueue | undefined {
    return this.shared.get(name);
  }

  /**
   * @param patterns none = they were not said
   * @throws QueueExists when something that was said is otherwise there, InvalidArgument, NotSupported
   */
  open(patterns: readonly Identifier[], options: QueueOptions): LocalQueue {
    const shared = options.shared ?? false;
    const name = queueName(patterns, options);
    const spec = specOf(name, patterns, options);
    const known = shared ? (this.shared.get(name) ?? (patterns.length > 0 ? undefined : this.deadOf(name))) : undefined;
    if (known === undefined) {
      return this.make(patterns.length > 0 ? spec : { ...spec, patterns: [patternOf(name).text] }, shared);
    }
    assertAgrees(known.spec, patterns, options);
    return known;
  }

  /** The dead letters of that name, of a queue that is there. */
  private deadOf(name: string): LocalQueue | undefined {
    const living = name.endsWith(DEAD) ? this.shared.get(name.slice(0, -DEAD.length)) : undefined;
    return living && this.deadLetters(living.spec);
  }

  /** As a gateway keeps them: nobody publishes to them, and their oldest make room. */
  deadLetters({ name, maxMessages, maxBytes, lease }: LocalQueueSpec): LocalQueue {
    const dead = `${name}.dead`;
    const options = {
      maxMessages,
      maxBytes,
      lease,
      overflow: "drop_oldest",
      maxAttempts: 0xffff_ffff,
      dedupe: 0,
    } as const;
    const known = this.shared.get(dead) ?? new LocalQueue(specOf(dead, [], options), this, true);
    this.shared.set(dead, known);
    return known;
  }

  forget(queue: LocalQueue): void {
    this.deafen(queue);
    if (this.shared.get(queue.name) === queue) this.shared.delete(queue.name);
  }

  /** It takes no more; what it has can still be had. */
  deafen(queue: LocalQueue): void {
    this.followings.get(queue)?.unfollow();
    this.followings.delete(queue);
  }

  /** It takes again what its patterns meet. */
  listen(queue: LocalQueue): void {
    if (this.followings.has(queue)) return;
    this.followings.set(queue, this.followers.add(queue.listener(queue.patterns.map(parseIdentifier))));
  }

  private make(spec: LocalQueueSpec, shared: boolean): LocalQueue {
    const queue = new LocalQueue(spec, this, shared);
    this.listen(queue);
    if (shared) this.shared.set(spec.name, queue);
    return queue;
  }
}

/** A shared queue's name, or one that nobody else has. */
export function queueName([pattern]: readonly Identifier[], { shared, name }: QueueOptions): string {
  return name ?? (shared ? pattern!.text : `${pattern!.text}#${randomText(12)}`);
}
