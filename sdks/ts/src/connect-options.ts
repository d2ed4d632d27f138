// What `connect` may be told, and what it takes otherwise.
import type { Bounds } from "./outbox.js";

/** How a bus connects, and what it holds while it is not connected. */
export interface ConnectOptions {
  /** The name by which others know this program. Default: of the bus. */
  readonly ident?: string | undefined;
  /** Seconds. Default 10. */
  readonly timeout?: number | undefined;
  /** Messages that may wait for the gateway. Default 65536. */
  readonly maxHeld?: number | undefined;
  /** Bytes that may wait for the gateway. Default 64 MiB. */
  readonly maxHeldBytes?: number | undefined;
}

export const CONNECT_SECONDS = 10;
const MAX_HELD = 65_536;
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** What may be held. */
export function boundsOf({ maxHeld = MAX_HELD, maxHeldBytes = MAX_HELD_BYTES }: ConnectOptions): Bounds {
  return { messages: maxHeld, bytes: maxHeldBytes };
}
