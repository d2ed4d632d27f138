// What a link needs of a connection to a gateway, whatever protocol carries it. One connection is one attempt: when it
// fails it is closed and another one is opened; nothing here reconnects, and nothing here is called after `closed`.
import type { Envelope } from "../envelope.js";
import type { BerryMQError } from "../errors.js";
import type { Message } from "../message.js";
import type { QueueCalls } from "./queue-calls.js";

/** Who connects. */
export interface Caller {
  /** Random, and kept over reconnections: what a session publishes is not echoed to its own followers. */
  readonly session: string;
  readonly ident: string;
}

/** A run of messages that were taken in. */
export interface AcceptedRun {
  readonly first: number;
  readonly count: number;
  readonly followers: number;
  readonly queues: number;
}

/** A run of messages that were refused. */
export interface RefusedRun {
  readonly first: number;
  readonly count: number;
  readonly error: BerryMQError;
}

/** Answers to published batches, cumulative, runs in order of sequence. */
export interface Settled {
  readonly through: number;
  readonly accepted: readonly AcceptedRun[];
  readonly refused: readonly RefusedRun[];
}

/** What a connection tells. After `ended` nothing more comes of that stream. */
export interface StreamEvents {
  /** The gateway is about to stop; where to go instead, `""` = the same address. */
  drain(address: string): void;
  /** undefined = it ended in peace. */
  ended(error: BerryMQError | undefined): void;
}

export interface PublishEvents extends StreamEvents {
  settled(answers: Settled): void;
}

export interface FollowEvents extends StreamEvents {
  /** Everything up to this request holds. */
  applied(revision: number): void;
  /** Messages, encoded, at `start … end`; they cost so much of the credit. */
  batch(bytes: Buffer, start: number, end: number, cost: number): void;
}

export interface PublishStream {
  /** Sends an encoded PublishBatchesRequest. `written` is called once the connection takes more. The bytes must stay unchanged until they are answered. */
  write(frame: Buffer, written: () => void): void;
  /** Nothing more will be written; answers still come. */
  end(): void;
}

export interface FollowChange {
  readonly add: readonly { readonly pattern: string; readonly answers: boolean }[];
  readonly remove: readonly string[];
  /** Bytes more that the gateway may send. */
  readonly credit: number | undefined;
  readonly revision: number;
  /** Ids of messages that need no further delivery. */
  readonly acknowledge: readonly string[];
}

export interface FollowStream {
  write(change: FollowChange): void;
}

/** Opens a connection to `host:port`. */
export type Opener = (host: string, caller: Caller) => Promise<Connection>;

export interface Connection {
  follow(events: FollowEvents): FollowStream;
  publish(events: PublishEvents): PublishStream;
  /** Answers as they come; at most `answers` of them, until the signal. @throws NoFollowers, Timeout, Unavailable */
  ask(question: Envelope, answers: number, seconds: number, signal: AbortSignal): AsyncIterable<Message>;
  readonly queues: QueueCalls;
  /** Ends everything at once. Idempotent. */
  close(): void;
}

/** "Everybody's answers" to {@link Connection.ask}. */
export const EVERYBODY = 4294967295;
