// Every limit of the gateway: its unit, its default and the reason for it. `limits` in the configuration file changes them.
import { z } from "zod";
import { SECOND } from "./model/clock.js";

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
  /** Subscriptions of one WebSocket. Each has a follower's buffer; a page needs a few, an SDK three. */
  connectionSubscriptions: limit(100, 1, 100_000),
  /** Requests under way on one WebSocket; it is not read beyond. Waiting gets count, so that there are enough for many of them. */
  connectionRequests: limit(1000, 1, 100_000),
  /** Requests in one JSON-RPC batch. Each may have an answer of several MiB, which leave together. */
  rpcBatch: limit(100, 1, 100_000),
  /** Unsent bytes of one WebSocket or one answer of server-sent events, beyond which events wait in their followers' buffers. */
  unsentBytes: limit(MIB, 64 * 1024, 1024 * MIB),
  /** Events of a follow over server-sent events that are kept for a client whose connection broke off, and their bytes. */
  resumeEvents: limit(1000, 1, 1_000_000),
  resumeBytes: limit(MIB, 1024, 1024 * MIB),
  /** Follows that wait for such a client; one more ends with its connection. Each has a follower's buffer. */
  resumable: limit(1000, 0, 1_000_000),
  /** Seconds that one message may take to leave for a RestMQ consumer (COMET, WebSocket, SSE). One that reads nothing holds the others of a broadcast up
   * for so long, and is ended. */
  liveStallSeconds: limit(10, 1, 25),
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
  /** Connections of berryMQ 0.3 programs. Each keeps a queue or a bounded buffer until its ttl ends, whether its program lives or not. */
  berrymq03Connections: limit(1000, 1, 100_000),
  /** Seconds that such a connection may be silent at most, whatever `ttl` it names: nobody tells the gateway that a program has died. */
  berrymq03TtlSeconds: limit(86_400, 1, 30 * 86_400),
  /** Seconds of one `get` of such a connection; berryMQ 0.3's own clients ask for 1000. A longer one is answered `Empty` then. */
  berrymq03GetSeconds: limit(3600, 1, 86_400),
  /** Seconds that a drain waits for streams to end by themselves. */
  drainSeconds: limit(5, 1, 600),
});

/** All limits, each filled in. */
export type Limits = z.infer<typeof limitsSchema>;

/** The limits of a gateway that configures none. */
export const defaultLimits: Limits = limitsSchema.parse({});

// What follows belongs to the contract and is the same for every gateway: programs may rely on it.

/** Talks and links that a message may travel (DESIGN §4.6; berryMQ began its counter at 100). */
export const MAX_HOPS = 100;
/** Bytes of a message id, a content type, and a sender's ident: names, not contents. */
export const MAX_ID_BYTES = 128;
export const MAX_CONTENT_TYPE_BYTES = 128;
export const MAX_SENDER_BYTES = 255;
/** Attributes of one message: marks, not contents. */
export const MAX_ATTRIBUTES = 64;
/** Priorities are lanes of a queue, each with a cost of its own. */
export const MAX_PRIORITY = 9;
/** Characters of a follower's `source` that are kept: it is for diagrams, and the end of a long path tells enough. */
export const MAX_SOURCE = 255;
/** Patterns of one queue: more of them are several queues. */
export const MAX_QUEUE_PATTERNS = 100;
/** Bytes of a queue's name: as long as a part of an identifier. */
export const MAX_QUEUE_NAME_BYTES = 255;
/** Bytes of the reason of a rejection: a sentence for people. */
export const MAX_WHY_BYTES = 4096;
/** Messages, leases or queues of one call: more are several calls, so that none holds the others up. */
export const MAX_AT_ONCE = 1000;
/** Bytes of the headers of a CloudEvent in binary mode: what clients take without being told; the next larger one is sent structured. */
export const MAX_EVENT_HEADER_BYTES = 8192;
/** Queues of a page that names no size. */
export const DEFAULT_PAGE = 100;
/** Messages that are pushed to a consumer that names no credit: enough to hide the way there and back. */
export const DEFAULT_CREDIT = 100;
/** Dead letters moved back in a second: unless asked otherwise slowly enough to watch; at most what an engine takes. */
export const DEFAULT_REDRIVE_RATE = 100;
export const MAX_REDRIVE_RATE = 100_000;
/** Seconds that a berryMQ 0.3 connection may be silent that names no `ttl`: as in berryMQ 0.3. */
export const DEFAULT_BERRYMQ03_TTL_SECONDS = 1000;
/** Characters of a token that an interconnecting berryMQ 0.3 program made; its own were UUIDs. */
export const MAX_BERRYMQ03_TOKEN = 128;
/** Events that a RestMQ SSE consumer gets again when it comes back: what a proxy or a lost connection swallows. */
export const MAX_TRAIL_EVENTS = 100;
export const MAX_TRAIL_BYTES = 64 * 1024;
/** Seconds that they are kept, and of how many connections; browsers come back after about 3 s. */
export const TRAIL_SECONDS = 60;
export const MAX_TRAILS = 1000;
/** Bytes in one piece that a RestMQ WebSocket has echoed: a sign of life, not a service. */
export const MAX_ECHO_BYTES = 64 * 1024;
/** RestMQ queues of which it is remembered how often their oldest message was shown; the one looked at longest ago begins anew. */
export const MAX_LOOKS = 10_000;
/** How long an ask waits that names no time. */
export const DEFAULT_ASK = 30 * SECOND;
/** How long a follow over server-sent events outlives its connection that names no time: browsers come back after 3 s. */
export const DEFAULT_RESUME = 30 * SECOND;

const DAY = 86_400 * SECOND;

/** Times that a call may name, in microseconds. */
export const RANGES = {
  /** A shorter lease is over before the consumer has it; a longer one is a message lost for a day's work. */
  lease: { least: SECOND / 10, most: 12 * 3600 * SECOND },
  /** A longer wait between attempts is a delay. */
  backoff: { least: 0, most: 30 * DAY },
  delay: { least: 0, most: 30 * DAY },
  ttl: { least: SECOND / 1000, most: 365 * DAY },
  /** Every id within the window costs memory. */
  dedupe: { least: 0, most: 3600 * SECOND },
  standaloneTtl: { least: 0, most: 30 * DAY },
  /** Proxies end what is silent for longer; a longer wait is several. */
  wait: { least: 0, most: 300 * SECOND },
  ask: { least: 0, most: 3600 * SECOND },
  /** Whoever is away for longer begins anew. */
  resume: { least: 0, most: 300 * SECOND },
} as const;
