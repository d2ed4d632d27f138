// The methods of the JSON-RPC door: each is a call of the contract.
import type { ServiceName } from "../contract/contract.js";

/** How one request and its answer stand for a call of the contract. */
export type Kind =
  /** One request, one response. */
  | "unary"
  /** One request of a stream, answered alone. */
  | "single"
  /** All responses, as a list under the name of their one field. */
  | "all"
  /** The last response. */
  | "last"
  /** Opens a stream with its first request. */
  | "open"
  /** A later request of an open stream. */
  | "update"
  /** Ends an open stream. */
  | "end";

export interface Method {
  readonly service: ServiceName;
  readonly call: string;
  readonly kind: Kind;
  /** With `all`: what the list is called. */
  readonly list?: string;
}

const method = (service: ServiceName, call: string, kind: Kind = "unary"): Method => ({ service, call, kind });
const queue = (call: string, kind?: Kind) => method("QueueService", call, kind);

const table: Readonly<Record<string, Method>> = {
  publish: method("PublisherService", "Publish"),
  publish_batches: method("PublisherService", "PublishBatches", "single"),
  talk: method("TalkService", "Talk"),
  ask: { ...method("TalkService", "Ask", "all"), list: "answers" },
  "queue.create": queue("Create"),
  "queue.get": queue("Get"),
  "queue.settle": queue("Settle"),
  "queue.extend": queue("Extend"),
  "queue.describe": queue("Describe"),
  "queue.list": queue("List"),
  "queue.purge": queue("Purge"),
  "queue.delete": queue("Delete"),
  "queue.pause": queue("Pause"),
  "queue.resume": queue("Resume"),
  "queue.peek": queue("Peek"),
  "queue.redrive": queue("Redrive", "last"),
  follow: method("FollowerService", "Follow", "open"),
  "follow.update": method("FollowerService", "Follow", "update"),
  "follow.end": method("FollowerService", "Follow", "end"),
  consume: queue("Consume", "open"),
  "consume.update": queue("Consume", "update"),
  "consume.end": queue("Consume", "end"),
};

/** Every method by its name, in the order in which documents tell them. */
export const methods: ReadonlyMap<string, Method> = new Map(Object.entries(table));
