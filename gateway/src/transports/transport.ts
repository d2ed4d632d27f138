// What every transport is: a room that speaks one protocol over connections that the listener hands it, and calls the services.
import type { Socket } from "node:net";

export interface Transport {
  /** Speaks with a new connection whose first bytes are this transport's; they are still to be read. */
  accept(socket: Socket): void;

  /** Takes nothing new and tells every stream that the gateway is about to stop. */
  drain(): void;

  /** Ends what is left. Idempotent. */
  close(): Promise<void>;
}
