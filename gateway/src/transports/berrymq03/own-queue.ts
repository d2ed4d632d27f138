// The queue of a connection that pulls: standalone, in memory, bounded as a live follower is, so that a program that pulls no more harms no
// publisher; its oldest go. Messages are acknowledged on the way out, as berryMQ 0.3 handed them out.
import { Message } from "../../gen/berrymq/v1/message.js";
import { Overflow, Queue } from "../../gen/berrymq/v1/queue.js";
import { type Limits, RANGES } from "../../limits.js";
import type { Clock } from "../../model/clock.js";
import { toDuration } from "../../model/duration.js";
import { Refusal } from "../../model/errors.js";
import type { Services } from "../../service/services.js";
import { fromMessage, type OldMessage } from "./message.js";

export interface OwnQueue {
  readonly name: string;
  /** Deletes it. @throws what the engine fails with */
  delete(): Promise<void>;
}

/** @throws Refusal INVALID_IDENTIFIER, LIMIT_REACHED */
export async function openOwnQueue(
  services: Services,
  session: string,
  pattern: string,
  limits: Pick<Limits, "followerMessages" | "followerBytes">,
): Promise<OwnQueue> {
  const caller = { session, ident: "" };
  // A standalone queue stands as long as its session has a stream open.
  const stream = services.follower.stream(caller);
  const name = `berrymq-0.3.${session}`;
  const queue = Queue.fromPartial({
    name,
    patterns: [pattern],
    standalone: true,
    transient: true,
    overflow: Overflow.OVERFLOW_DROP_OLDEST,
    maxMessages: BigInt(limits.followerMessages),
    maxBytes: BigInt(limits.followerBytes),
  });
  try {
    await services.queue.create(caller, queue);
  } catch (error) {
    stream.close();
    throw error;
  }
  return { name, delete: () => remove(services, name).finally(() => stream.close()) };
}

async function remove(services: Services, name: string): Promise<void> {
  try {
    await services.queue.delete(name);
  } catch (error) {
    // Somebody else deleted it: it is gone, which is what was wanted.
    if (!(error instanceof Refusal)) throw error;
  }
}

/**
 * Takes the next message; undefined when none came within `wait` microseconds, or the signal was given.
 *
 * @throws Refusal QUEUE_NOT_FOUND, or the reason of the signal where that is one.
 */
export async function pull(
  services: Services,
  queue: string,
  wait: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<OldMessage | undefined> {
  const end = clock.now() + wait;
  for (let left = wait; ; left = end - clock.now()) {
    const piece = toDuration(Math.min(Math.max(left, 0), RANGES.wait.most));
    const request = { queue, max: 1, wait: piece, autoAck: true, lease: undefined };
    const [delivery] = await services.queue.get(request, signal);
    if (delivery !== undefined) return fromMessage(Message.decode(delivery.body));
    if (signal.aborted || left <= RANGES.wait.most) return undefined;
  }
}
