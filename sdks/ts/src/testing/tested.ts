// What a test reaches of a bus beyond its public calls.
import type { AnyBus } from "../bus.js";
import type { Clock } from "../clock.js";
import type { Dispatcher } from "../dispatcher.js";
import type { Followers } from "../follower.js";
import type { Link } from "../link.js";
import type { LocalQueues } from "../local-queues.js";
import type { ReceiveCallback } from "../mailbox.js";
import type { Keeper, Queue } from "../queue.js";
import type { Reporting } from "../reporting.js";
import type { Stream } from "../stream.js";
import type { Stand } from "../trial.js";
import type { Works } from "../work.js";

/** The members of `Bus` that these are. */
export interface Tested {
  readonly clock: Clock;
  readonly stand: Stand;
  readonly followers: Followers;
  readonly dispatcher: Dispatcher;
  readonly reporting: Reporting;
  readonly works: Works;
  readonly localQueues: LocalQueues;
  readonly streams: ReadonlySet<Stream>;
  readonly queues: ReadonlyMap<Queue, Keeper>;
  readonly mailboxes: { readonly callbacks: Set<ReceiveCallback> };
  readonly link: Link | undefined;
}

export function tested(bus: AnyBus): Tested {
  return bus as unknown as Tested;
}
