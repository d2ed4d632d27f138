// Whatever is sent to REST is taken or refused, and never a fault of the gateway.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { TestClient } from "../../../testing/http.js";
import { eventsPath } from "./cloudevents/intake.js";
import { routes } from "./routes.js";

let gateway: TestGateway;
let client: TestClient;
beforeAll(async () => {
  gateway = await TestGateway.open();
  client = new TestClient(gateway.port);
  await client.put("/v1/queues/q");
});
afterAll(() => gateway.close());

const runs = { numRuns: 150 };
const paths = [
  eventsPath,
  ...routes.filter(({ verb }) => verb === "POST").map(({ path }) => path.replaceAll(/\{\w+\}/g, "q")),
];
const names = [
  "queue",
  "max",
  "wait",
  "lease",
  "settlements",
  "lease_ids",
  "message",
  "reply_to",
  "identifier",
  "args",
  "kwargs",
];
const eventNames = ["specversion", "id", "source", "type", "time", "data", "data_base64", "datacontenttype", "berrymq"];
const header = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,40}[\x21-\x7e])?$/);
const field = fc.constantFrom(...names, ...eventNames);
// A wait is bounded, so that no run waits for one that happens to be legal.
const value = fc.jsonValue({ maxDepth: 3 });

async function tolerates(path: string, body: string | Buffer, headers: Record<string, string>): Promise<void> {
  const { status, text } = await client.send("POST", path, body, headers);
  expect([status < 500 || status === 504, text], `${path} ${text}`).toEqual([true, text]);
  expect(text).not.toMatch(/\n\s+at /);
}

test("any fields", async () => {
  const fields = fc.dictionary(field, value).map(({ wait: _long, ...rest }) => rest);
  const types = fc.constantFrom(
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fields, types, (path, body, type) =>
      tolerates(path, JSON.stringify(type.includes("batch") ? [body] : body), { "content-type": type }),
    ),
    runs,
  );
});

test("any bytes", async () => {
  const types = fc.constantFrom(
    "application/json",
    "application/cloudevents+json",
    "text/plain",
    "multipart/form-data",
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.uint8Array({ maxLength: 200 }), types, (path, body, type) =>
      tolerates(path, Buffer.from(body), { "content-type": type }),
    ),
    runs,
  );
});

test("JSON that is cut off", async () => {
  const whole = '{"message":{"identifier":"q:x","args":[1,"ü",{"a":null}]},"queue":"q","reply_to":"a:b","max":1}';
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.nat(whole.length - 1), (path, end) =>
      tolerates(path, whole.slice(0, end), { "content-type": "application/json" }),
    ),
    runs,
  );
});

test("any headers", async () => {
  const known = fc.constantFrom(
    ...["accept", "content-type", "berrymq-session", "berrymq-ident", "berrymq-attribute-a", "ce-id", "ce-source"],
    ...["ce-type", "ce-specversion", "ce-time", "ce-berrymq", "ce-dataschema", "ce-x_y", "x-request-id"],
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.dictionary(known, header), (path, headers) =>
      tolerates(path, "{}", headers),
    ),
    runs,
  );
});

test("any query and any path", async () => {
  const verbs = fc.constantFrom("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS");
  const part = fc.webPath({ size: "small" });
  const query = fc.webQueryParameters({ size: "small" });
  const beginnings = fc.constantFrom("/v1", "/v1/queues", "/v1/messages", "/v1/queues/other");
  await fc.assert(
    fc.asyncProperty(verbs, beginnings, part, query, async (verb, beginning, path, parameters) => {
      const { status } = await client.send(verb, `${beginning}${path}?${parameters}`);
      expect(status).toBeLessThan(500);
    }),
    runs,
  );
});
