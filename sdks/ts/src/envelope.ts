// What a message is on the wire, field by field: what writing needs and reading gives. Times are microseconds since the
// Unix epoch; `""`, 0 and undefined are absence, as in message.proto.
import type { Identifier } from "./identifier.js";

/** What marks a message as the answer to another one. */
export interface Answer {
  /** Id of the message that is answered. */
  readonly to: string;
  /** Which of this process's answers it is, from 1; 0 = it has none. */
  readonly number: number;
  /** How many answers this process gives. */
  readonly of: number;
  /** True when the handler threw. */
  readonly failed: boolean;
}

/** The publisher's own marks. */
export type Attributes = Readonly<Record<string, string>>;

/** One message's fields. */
export interface Envelope {
  readonly messageId: string;
  readonly identifier: Identifier;
  readonly payload: Buffer;
  readonly contentType: string;
  readonly attributes: Attributes;
  readonly publishedAt: number;
  readonly expiresAt: number;
  readonly sender: string;
  readonly replyTo: string;
  readonly answer: Answer | undefined;
  readonly resent: boolean;
  readonly hops: number;
  /** 0 to 9; queues hand out the higher first. */
  readonly priority: number;
  /** Queues hand it out no earlier; 0 = at once. */
  readonly deliverAt: number;
  /** It is delivered again and again until a follower has acknowledged it. */
  readonly requireAck: boolean;
  /** Which delivery of a `requireAck` message this is, from 2; 0 = the first. */
  readonly attempt: number;
  /** Bytes that it occupies, roughly when it was never encoded. */
  readonly size: number;
}

export const NO_ATTRIBUTES: Attributes = Object.freeze({});
