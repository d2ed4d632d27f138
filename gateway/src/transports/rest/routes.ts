// The routes of REST as data: which call of the contract each makes, and where the fields of its request come from. The router and the
// OpenAPI document are made from this table.
import type { ServiceName } from "../contract/contract.js";

export type Verb = "GET" | "PUT" | "POST" | "DELETE";

export interface Route {
  readonly verb: Verb;
  /** A part in braces is a field of the request, or what `named` says. */
  readonly path: string;
  readonly service: ServiceName;
  readonly call: string;
  /** The field of the request, of number 1, that path and body fill; absent = they fill the request itself. */
  readonly within?: string;
  /** A field that the path calls by another name. */
  readonly named?: Readonly<Record<string, string>>;
  /** Fields that the query may hold. */
  readonly query?: readonly string[];
  /** `fields` = a JSON object with the fields that are not in the path; `payload` = a message's payload as it is. Absent = no body is read. */
  readonly body?: "fields" | "payload";
  /** The field of the response that tells that something was made: 201. */
  readonly made?: string;
  /** Where the call answers many times: the field of each answer, and the name of the list of them. Absent = the last answer counts. */
  readonly gathered?: { readonly field: string; readonly as: string };
  /** Which messages of the response a client may have as CloudEvents. */
  readonly events?: "deliveries" | "messages";
}

const queue = (verb: Verb, path: string, call: string, more: Partial<Route> = {}): Route => ({
  verb,
  path: `/v1/queues${path}`,
  service: "QueueService",
  call,
  ...more,
});

/** Fields of a message that stand in the query where the body is its payload. */
const MARKS = [
  "id",
  "published_at",
  "expires_at",
  "sender",
  "reply_to",
  "priority",
  "deliver_at",
  "require_ack",
] as const;

export const routes: readonly Route[] = [
  {
    verb: "POST",
    path: "/v1/messages",
    service: "PublisherService",
    call: "Publish",
    within: "message",
    body: "fields",
  },
  {
    verb: "POST",
    path: "/v1/messages/{identifier}",
    service: "PublisherService",
    call: "Publish",
    within: "message",
    body: "payload",
    query: MARKS,
  },
  { verb: "POST", path: "/v1/talk", service: "TalkService", call: "Talk", body: "fields" },
  {
    verb: "POST",
    path: "/v1/ask",
    service: "TalkService",
    call: "Ask",
    body: "fields",
    gathered: { field: "answer", as: "answers" },
  },
  queue("GET", "", "List", { query: ["page_size", "page_token"] }),
  queue("PUT", "/{queue}", "Create", { within: "queue", named: { queue: "name" }, body: "fields", made: "created" }),
  queue("GET", "/{queue}", "Describe"),
  queue("DELETE", "/{queue}", "Delete"),
  queue("POST", "/{queue}/get", "Get", { body: "fields", events: "deliveries" }),
  queue("POST", "/{queue}/settle", "Settle", { body: "fields" }),
  queue("POST", "/{queue}/extend", "Extend", { body: "fields" }),
  queue("GET", "/{queue}/messages", "Peek", { query: ["max"], events: "messages" }),
  queue("POST", "/{queue}/purge", "Purge"),
  queue("POST", "/{queue}/pause", "Pause"),
  queue("POST", "/{queue}/resume", "Resume"),
  queue("POST", "/{queue}/redrive", "Redrive", { body: "fields" }),
];
