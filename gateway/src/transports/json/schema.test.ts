// The schemas take what the codec shows, and refuse what it refuses.
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { fromBytes, type JsonObject, toBytes } from "./codec.js";
import { messageNamed } from "./descriptors.js";
import { schemasOf } from "./schema.js";

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: "contract", $defs: schemasOf("#/$defs/") });
const takes = (name: string, value: unknown) => ajv.getSchema(`contract#/$defs/${name}`)!(value) as boolean;

const samples: [string, JsonObject][] = [
  ["Message", { identifier: "a:b", args: [1], kwargs: { x: null }, attributes: { k: "v" }, priority: 3 }],
  ["Message", { identifier: "a:b", content_type: "text/plain", payload: "text", expires_at: 5 }],
  ["Message", { identifier: "a:b", content_type: "image/png", payload_base64: "AAE=" }],
  ["Queue", { name: "q", lease: 0.5, backoff: { first: 1 }, overflow: "drop_oldest", dedupe: 0 }],
  ["SettleRequest", { queue: "q", settlements: [{ lease_id: "l", retry: { delay: 2.5 } }] }],
  ["FollowRequest", { add: [{ pattern: "a:*", answers: true }], credit: 0, acknowledge: ["m"] }],
  ["PublishBatchesRequest", { batch: { messages: [{ identifier: "a:b" }] }, first_sequence: 7, resent: true }],
  ["AskRequest", { message: { identifier: "a:b" }, answers: 4294967295, timeout: 1.5 }],
];

test.each(samples)("%s %j, as it is sent and as it is shown", (name, value) => {
  expect(takes(name, value)).toBe(true);
  const desc = messageNamed(name);
  expect(takes(name, fromBytes(desc, toBytes(desc, value, "value")))).toBe(true);
});

test.each<[string, unknown]>([
  ["Message", { args: [] }],
  ["Message", { identifier: "a:b", args: {} }],
  ["Queue", { name: "q", policy: "all" }],
  ["Queue", { name: "q", max_messages: -1 }],
  ["Settlement", { lease_id: "l" }],
  ["Settlement", { lease_id: "l", ack: {}, release: {} }],
  ["GetRequest", { queue: "q", wait: "1s" }],
  ["GetRequest", { queue: "q", more: 1 }],
])("%s %j is refused", (name, value) => {
  expect(takes(name, value)).toBe(false);
});
