// What rooms beside a bus see of it, and its users do not.
import type { Bus } from "./bus.js";
import type { Publisher } from "./publisher.js";

/** The members of `Bus` that these are. */
export interface Inside {
  readonly publisher: Publisher;
}

export function inside(bus: Bus): Inside {
  return bus as unknown as Inside;
}
