// What rooms beside a bus see of it, and its users do not.
import type { AnyBus } from "./bus.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Followers } from "./follower.js";
import type { Link } from "./link.js";
import type { Mailboxes } from "./mailbox.js";
import type { Origin } from "./message.js";
import type { Publisher } from "./publisher.js";
import type { Keeper, Queue } from "./queue.js";
import type { Reporting } from "./reporting.js";
import type { System } from "./system.js";
import type { Works } from "./work.js";

/** The members of `Bus` that these are. */
export interface Inside {
  readonly own: string;
  readonly origin: Origin;
  readonly publisher: Publisher;
  readonly dispatcher: Dispatcher;
  readonly followers: Followers;
  readonly works: Works;
  readonly queues: ReadonlyMap<Queue, Keeper>;
  readonly reporting: Reporting;
  readonly system: System;
  readonly closed: boolean;
  name: string;
  hears: boolean;
  readonly link: Link | undefined;
  readonly mailboxes: Mailboxes;
  leave(): Promise<void>;
  assertOpen(): void;
}

export function inside(bus: AnyBus): Inside {
  return bus as unknown as Inside;
}
