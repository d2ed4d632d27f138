// Every limit of the gateway: its unit, its default and the reason for it. `limits` in the configuration file changes them.
import { z } from "zod";

const MIB = 1024 * 1024;

const limit = (fallback: number, atLeast: number, atMost: number) =>
  z.number().int().min(atLeast).max(atMost).default(fallback);

/** The defaults are for one machine with 1 GiB to spare; the upper ends are what the design was tested to bear. */
export const limitsSchema = z.strictObject({
  /** Bytes of one encoded message. What is larger belongs in a file store, its address in a message. */
  messageBytes: limit(4 * MIB, 1024, 64 * MIB),
  /** Bytes of one batch. Twice the largest message, so that a large one still travels with small ones. */
  batchBytes: limit(8 * MIB, 1024, 128 * MIB),
  /** Messages in one batch. Bounds what one event-loop turn does for one publisher. */
  batchMessages: limit(4096, 1, 65_536),
  /** Bytes of one gRPC frame; beyond it the stream ends. Above `batchBytes`, so that too large a batch gets its own error. */
  frameBytes: limit(16 * MIB, 1024, 256 * MIB),
  /** Messages that wait for one follower. At 500 bytes each it fills together with `followerBytes`. */
  followerMessages: limit(65_536, 1, 10_000_000),
  /** Bytes that wait for one follower. */
  followerBytes: limit(32 * MIB, 1024, 1024 * MIB),
  /** Patterns of one follow stream. */
  followerPatterns: limit(10_000, 1, 1_000_000),
  /** Open streams of one connection. One SDK needs three; a proxy may carry many programs. */
  connectionStreams: limit(1000, 1, 100_000),
  /** Open connections. Below the usual 1024 file descriptors would starve the engine; above it needs `ulimit -n`. */
  connections: limit(10_000, 1, 1_000_000),
  /** Seconds that a new connection may take to say its first bytes. */
  sniffSeconds: limit(10, 1, 3600),
  /** Queues of one gateway. */
  queues: limit(10_000, 1, 1_000_000),
  /** Settled leases that are remembered, so that settling twice is harmless. */
  settledLeases: limit(100_000, 1, 10_000_000),
  /** Messages that wait for an acknowledgement (`require_ack`). */
  unacknowledged: limit(250_000, 1, 10_000_000),
  /** Seconds until such a message is delivered again the first time; doubling, up to 5 min. Mezzenger waited 10. */
  acknowledgeSeconds: limit(10, 1, 3600),
  /** Routes remembered, one for each identifier published to lately. */
  routes: limit(65_536, 1, 10_000_000),
  /** Asks that wait for answers. */
  asks: limit(10_000, 1, 1_000_000),
  /** Seconds that a session's sequence number is remembered after its last stream ended. */
  sessionSeconds: limit(120, 1, 86_400),
  /** Sessions remembered, connected ones included. */
  sessions: limit(100_000, 1, 10_000_000),
  /** Seconds that a drain waits for streams to end by themselves. */
  drainSeconds: limit(5, 1, 600),
});

/** All limits, each filled in. */
export type Limits = z.infer<typeof limitsSchema>;

/** The limits of a gateway that configures none. */
export const defaultLimits: Limits = limitsSchema.parse({});

/** Talks and links that a message may travel (DESIGN §4.6; berryMQ began its counter at 100). */
export const MAX_HOPS = 100;
/** Bytes of a message id, a content type, and a sender's ident: names, not contents. */
export const MAX_ID_BYTES = 128;
export const MAX_CONTENT_TYPE_BYTES = 128;
export const MAX_SENDER_BYTES = 255;
/** Priorities are lanes of a queue, each with a cost of its own. */
export const MAX_PRIORITY = 9;
/** Attributes of one message: marks, not contents. */
export const MAX_ATTRIBUTES = 64;
