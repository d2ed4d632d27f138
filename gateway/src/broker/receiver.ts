// What the router hands messages to: a follower, or somebody who waits for answers.
import type { Session } from "./session.js";

export interface Receiver {
  readonly session: Session;

  /**
   * Takes a run of messages. Never blocks, never throws.
   *
   * @param entries the run's slice of a batch
   * @param expiresAt microseconds since the epoch, 0 = never; only a run of one message has one
   * @param publisher the session that published it
   */
  push(entries: Buffer, count: number, expiresAt: number, publisher: Session): void;
}
