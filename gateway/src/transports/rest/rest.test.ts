// REST over real sockets: every route, with what it takes and what it refuses.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestGateway } from "../../../testing/gateway.js";
import { TestClient } from "../../../testing/http.js";
import { methodNamed } from "../json/descriptors.js";
import { targetOf } from "./request.js";
import { routes } from "./routes.js";

let gateway: TestGateway;
let client: TestClient;
let queue: string;
let made = 0;

beforeAll(async () => {
  gateway = await TestGateway.open({ messageBytes: 64 * 1024, batchBytes: 128 * 1024, frameBytes: 256 * 1024 });
  client = new TestClient(gateway.port);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  queue = `q${made++}`;
  await client.put(`/v1/queues/${queue}`, {});
});

const publish = (fields: object = {}) =>
  client.post("/v1/messages", { identifier: `${queue}:x`, args: [1], ...fields });
const get = (fields: object = {}) => client.post(`/v1/queues/${queue}/get`, fields);
const status = async () => (await client.get(`/v1/queues/${queue}`)).json.status;

test("the table names fields of the contract", () => {
  for (const route of routes) {
    const names = targetOf(route).fields.map(({ name }) => name);
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => route.named?.[name!] ?? name!);
    expect(names).toEqual(expect.arrayContaining([...inPath, ...(route.query ?? [])]));
    const shown = methodNamed(route.service, route.call).output.fields.map(({ name }) => name);
    const told = [route.made, route.events, route.gathered?.field].filter((name) => name !== undefined);
    expect(shown).toEqual(expect.arrayContaining(told));
  }
});

test("docs/rest.md tells every route", () => {
  const page = readFileSync(new URL("../../../../docs/rest.md", import.meta.url), "utf8");
  expect(routes.filter(({ verb, path }) => !page.includes(`\`${verb} ${path}\``))).toEqual([]);
});

describe("a message", () => {
  test("is published from JSON, and tells whom it reached", async () => {
    expect(await publish({ id: "m1" })).toMatchObject({ status: 200, json: { id: "m1", followers: 0, queues: 1 } });
  });

  test("keeps its numbers as they were written", async () => {
    const body = `{"identifier":"${queue}:x","payload":{"big":12345678901234567890,"one":1.0}}`;
    await client.send("POST", "/v1/messages", body, { "content-type": "application/json" });
    expect((await get()).text).toContain('"payload":{"big":12345678901234567890,"one":1.0}');
  });

  test.each<[string, string | Buffer | undefined, Record<string, string>, object]>([
    ["text", "höllo", { "content-type": "text/plain" }, { content_type: "text/plain", payload: "höllo" }],
    ["JSON", '{"a":1}', { "content-type": "application/json" }, { payload: { a: 1 } }],
    ["bytes", Buffer.of(0, 255), {}, { content_type: "application/octet-stream", payload_base64: "AP8=" }],
    [
      "what curl -d sends",
      "hello",
      { "content-type": "application/x-www-form-urlencoded" },
      { content_type: "text/plain", payload: "hello" },
    ],
    [
      "what curl --data-binary sends of a picture",
      Buffer.of(0x89, 0xff),
      { "content-type": "application/x-www-form-urlencoded" },
      { content_type: "application/octet-stream", payload_base64: "if8=" },
    ],
    ["nothing", undefined, {}, { args: [], kwargs: {} }],
  ])("takes its payload as it is: %s", async (_what, body, headers, shown) => {
    const sent = await client.send("POST", `/v1/messages/${queue}:x`, body, headers);
    expect(sent).toMatchObject({ status: 200, json: { queues: 1 } });
    expect((await get()).json.deliveries[0].message).toMatchObject({ identifier: `${queue}:x`, ...shown });
  });

  test("takes its marks from the query and its attributes from headers", async () => {
    const headers = { "content-type": "text/plain", "berrymq-attribute-colour": "r%C3%B6t" };
    const path = `/v1/messages/${queue}%3Ax?id=a%20b&priority=7&reply_to=r:y&sender=me&ttl=60&published_at=1234567890123456`;
    expect((await client.send("POST", path, "x", headers)).json.id).toBe("a b");
    const { message } = (await get()).json.deliveries[0];
    expect(message).toMatchObject({ priority: 7, reply_to: "r:y", sender: "me", attributes: { colour: "röt" } });
    expect(message.published_at).toBe(1234567890123456);
    expect(message.expires_at).toBeGreaterThan(Date.now() * 1000);
  });

  test("waits for its delay", async () => {
    await client.send("POST", `/v1/messages/${queue}:x?delay=3600`, "x");
    expect(await status()).toMatchObject({ ready: 0, delayed: 1 });
  });

  test.each<[string, string]>([
    ["priority=10", "priority: 10"],
    ["priority=high", "priority"],
    ["ttl=-1", 'ttl: "-1"'],
    ["ttl=soon", 'ttl: "soon"'],
    ["delay=2592001", "is not a number of seconds between 0 and 2592000"],
    ["ttl=1&expires_at=5", "ttl: it says the same as expires_at"],
    ["require_ack=yes", 'require_ack: "yes" is neither true nor false'],
    ["content=x", "content: there is no such query parameter; there are id, "],
    ["id=1&id=2", "id: it stands twice"],
    ["id=%ff", "not percent-encoded UTF-8"],
    ["__proto__=1", "__proto__: there is no such query parameter"],
  ])("is refused with ?%s", async (query, why) => {
    const refused = await client.send("POST", `/v1/messages/${queue}:x?${query}`, "x");
    expect(refused).toMatchObject({ status: 400, json: { status: 400, reason: "INVALID_ARGUMENT", retryable: false } });
    expect(refused.json.detail).toContain(why);
  });

  test.each<[object, number, string]>([
    [{ identifier: "te*t:x" }, 400, "INVALID_IDENTIFIER"],
    [{ identifier: "berrymq:x" }, 403, "RESERVED_IDENTIFIER"],
    [{ identifier: 5 }, 400, "INVALID_ARGUMENT"],
    [{ hops: 101 }, 409, "HOP_LIMIT"],
    [{ nonsense: 1 }, 400, "INVALID_ARGUMENT"],
    [{ payload: 1 }, 400, "INVALID_ARGUMENT"],
    [{ args: ["x".repeat(70_000)] }, 413, "MESSAGE_TOO_LARGE"],
  ])("is refused with %j", async (fields, code, reason) => {
    const refused = await publish(fields);
    expect([refused.status, refused.type, refused.json.reason]).toEqual([
      code,
      expect.stringMatching(/^application\/problem\+json/),
      reason,
    ]);
  });

  test("is refused while its queue is full, and told when to come again", async () => {
    const name = `${queue}.small`;
    await client.put(`/v1/queues/${name}`, { max_messages: 1 });
    await client.send("POST", `/v1/messages/${name}:x`, "1");
    const refused = await client.send("POST", `/v1/messages/${name}:x`, "2");
    expect(refused).toMatchObject({ status: 429, json: { reason: "QUEUE_FULL", retryable: true } });
    expect(refused.headers.get("retry-after")).toBe("1");
  });
});

describe("a queue", () => {
  test("is made once, found again, and not made otherwise", async () => {
    expect(await client.put("/v1/queues/made%20here", { lease: 1.5 })).toMatchObject({
      status: 201,
      json: { created: true, queue: { name: "made here", lease: 1.5 } },
    });
    const { queue: options } = (await client.get("/v1/queues/made%20here")).json;
    expect(await client.put("/v1/queues/made%20here", options)).toMatchObject({
      status: 200,
      json: { created: false },
    });
    expect(await client.put("/v1/queues/made%20here", {})).toMatchObject({
      status: 200,
      json: { created: false, queue: { lease: 1.5 } },
    });
    const refused = await client.put("/v1/queues/made%20here", { max_attempts: 10, lease: 2 });
    expect(refused).toMatchObject({ status: 409, json: { reason: "QUEUE_EXISTS" } });
    expect(refused.json.detail).toContain("(lease: 1.5 s there, 2 s asked)");
  });

  test("of another name than the path's is refused", async () => {
    const refused = await client.put(`/v1/queues/${queue}`, { name: "other" });
    expect(refused).toMatchObject({ status: 400, json: { detail: expect.stringContaining("name: the path says") } });
  });

  test("of nobody cannot be standalone; of a session it can", async () => {
    expect((await client.put(`/v1/queues/${queue}.own`, { standalone: true })).status).toBe(400);
    expect((await client.put(`/v1/queues/${queue}.own?session=s1`, { standalone: true })).status).toBe(201);
  });

  test("hands out, settles, extends, shows", async () => {
    for (const id of ["a", "b", "c", "d"]) await publish({ id });
    expect(
      (await client.get(`/v1/queues/${queue}/messages?max=2`)).json.messages.map(({ id }: { id: string }) => id),
    ).toEqual(["a", "b"]);
    const { deliveries } = (await get({ max: 4, lease: 60 })).json;
    const leases = deliveries.map((delivery: { lease_id: string }) => delivery.lease_id);
    const settlements = [
      { lease_id: leases[0], ack: {} },
      { lease_id: leases[1], release: {} },
      { lease_id: leases[2], reject: { why: "no" } },
      { lease_id: "never.was.1", ack: {} },
    ];
    const settled = await client.post(`/v1/queues/${queue}/settle`, { settlements });
    expect(settled.json.outcomes.map(({ error }: { error?: object }) => error === undefined)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(settled.json.outcomes.map(({ dead }: { dead: boolean }) => dead)).toEqual([false, false, true, false]);
    const extended = await client.post(`/v1/queues/${queue}/extend`, { lease_ids: [leases[3]], lease: 100 });
    expect(extended.json.outcomes[0].deadline).toBeGreaterThan(Date.now() * 1000);
    expect(await status()).toMatchObject({ ready: 1, leased: 1 });
    const redrive = async (said: object) => (await client.post(`/v1/queues/${queue}.dead/redrive`, said)).json;
    expect(await redrive({ message_ids: ["nobody"] })).toEqual({ moved: 0 });
    expect(await redrive({ message_ids: Array(1001).fill("x") })).toMatchObject({ reason: "INVALID_ARGUMENT" });
    expect(await redrive({})).toEqual({ moved: 1 });
    expect(await status()).toMatchObject({ ready: 2, leased: 1 });
  });

  test("answers nothing within the wait with an empty list", async () => {
    expect(await get({ wait: 0.05 })).toMatchObject({ status: 200, json: { deliveries: [] } });
  });

  test("is halted, goes on, is emptied, and is gone", async () => {
    await publish();
    expect((await client.post(`/v1/queues/${queue}/pause`)).status).toBe(204);
    expect((await get()).json.deliveries).toEqual([]);
    expect((await client.post(`/v1/queues/${queue}/resume`)).status).toBe(204);
    expect((await client.post(`/v1/queues/${queue}/purge`)).json).toEqual({ purged: 1 });
    expect((await client.send("DELETE", `/v1/queues/${queue}`)).status).toBe(204);
    expect(await client.get(`/v1/queues/${queue}`)).toMatchObject({ status: 404, json: { reason: "QUEUE_NOT_FOUND" } });
  });

  test("is listed page by page", async () => {
    const first = (await client.get("/v1/queues?page_size=1")).json;
    expect(first.queues).toHaveLength(1);
    const second = await client.get(`/v1/queues?page_size=1&page_token=${encodeURIComponent(first.next_page_token)}`);
    expect(second.json.queues[0].queue.name > first.queues[0].queue.name).toBe(true);
  });

  test.each<[string, string, object | undefined, string]>([
    ["POST", "/get", { max: 1001 }, "max: 1001"],
    ["POST", "/get", { wait: 301 }, "wait: 301 s"],
    ["POST", "/get", { wait: "soon" }, "request.wait: a number of seconds"],
    ["POST", "/get", { mx: 1 }, "request.mx: there is no such field"],
    ["POST", "/get", { queue: "other" }, "queue: the path says"],
    ["POST", "/settle", {}, "settlements: at least one"],
    ["POST", "/settle", { settlements: [{ lease_id: "l" }] }, "verdict: one of"],
    ["POST", "/extend", { lease_ids: [] }, "lease_ids: at least one"],
    ["GET", "/messages?max=many", undefined, "max"],
    ["GET", "/messages?max=1001", undefined, "max: 1001"],
    ["POST", "/purge?force=1", undefined, "force: there is no such query parameter"],
  ])("refuses %s %s %j by name", async (method, path, body, why) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { "content-type": "application/json" };
    const refused = await client.send(method, `/v1/queues/${queue}${path}`, text, headers);
    expect(refused).toMatchObject({ status: 400, json: { reason: "INVALID_ARGUMENT" } });
    expect(refused.json.detail).toContain(why);
  });

  test("that there is not is 404 on every route", async () => {
    const body: Record<string, object> = {
      settle: { settlements: [{ lease_id: "l", ack: {} }] },
      extend: { lease_ids: ["l"] },
    };
    for (const route of routes.filter(({ path, verb }) => path.startsWith("/v1/queues/{queue}") && verb !== "PUT")) {
      const path = route.path.replace("{queue}", "nobody's");
      const value = route.body === undefined ? undefined : (body[path.split("/").at(-1)!] ?? {});
      const answer = value === undefined ? await client.send(route.verb, path) : await client.post(path, value);
      expect([path, answer.status, answer.json.reason]).toEqual([path, 404, "QUEUE_NOT_FOUND"]);
    }
  });
});

describe("talk and ask", () => {
  test("a talk tells whom it reached", async () => {
    const talked = await client.post("/v1/talk", { message: { identifier: `${queue}:x`, args: [] }, reply_to: "r:y" });
    expect(talked).toMatchObject({ status: 200, json: { queues: 1 } });
    expect((await get()).json.deliveries[0].message.reply_to).toBe("r:y");
  });

  test("an ask has the answers of whoever follows", async () => {
    const follower = new WebSocket(`ws://127.0.0.1:${gateway.port}/rpc`);
    await once(follower, "open");
    const add = [{ pattern: `${queue}:ask`, answers: true }];
    follower.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "follow", params: { add, revision: 1 } }));
    follower.on("message", (data) => {
      const { method, params } = JSON.parse(String(data));
      if (method !== "follow.message") return;
      const { id, reply_to: identifier } = params.message;
      const [first, second] = [1, 2].map((number) => ({ to: id, number, of: 2 }));
      void client.post("/v1/messages", { identifier, answer: first, args: ["one"] });
      void client.post("/v1/messages", { identifier, answer: second, args: [2.5] });
    });
    const message = { identifier: `${queue}:ask`, args: [] };
    // It is refused until the follower stands.
    await expect
      .poll(async () => (await client.post("/v1/ask", { message, answers: 2 })).json.answers, { timeout: 10_000 })
      .toMatchObject([{ args: ["one"] }, { args: [2.5] }]);
    follower.terminate();
  });

  test("an ask that nobody answers fails at once", async () => {
    const asked = await client.post("/v1/ask", { message: { identifier: "no:body", args: [] } });
    expect(asked).toMatchObject({ status: 404, json: { reason: "NO_FOLLOWERS", retryable: true } });
  });
});

test("payloads are shown as bytes to who wants them so", async () => {
  await publish();
  const shown = { messages: [{ payload_base64: Buffer.from('{"args":[1],"kwargs":{}}').toString("base64") }] };
  const path = `/v1/queues/${queue}/messages`;
  expect((await client.get(path, { "berrymq-payload": "base64" })).json).toMatchObject(shown);
  expect((await client.get(`${path}?payload=base64`)).json).toMatchObject(shown);
  expect((await client.get(`${path}?payload=hex`)).status).toBe(400);
});

describe("HTTP", () => {
  test.each(["PATCH", "DELETE", "PUT", "GET"])("%s is not for publishing", async (method) => {
    const refused = await client.send(method, "/v1/messages");
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
    expect(refused.json).toMatchObject({ reason: "INVALID_ARGUMENT", retryable: false });
  });

  test("OPTIONS tells the verbs, HEAD what GET would without its body", async () => {
    const options = await client.send("OPTIONS", `/v1/queues/${queue}`);
    expect([options.status, options.headers.get("allow")]).toEqual([204, "PUT, GET, DELETE, HEAD, OPTIONS"]);
    const head = await client.send("HEAD", `/v1/queues/${queue}`);
    expect([head.status, head.text, Number(head.headers.get("content-length")) > 0]).toEqual([200, "", true]);
    expect((await client.send("HEAD", `/v1/queues/${queue}/get`)).status).toBe(405);
  });

  test("no answer has an ETag", async () => {
    expect((await client.get(`/v1/queues/${queue}`)).headers.get("etag")).toBeNull();
  });

  test("a body of another type is 415, one of no type and of curl's own is read", async () => {
    const path = `/v1/queues/${queue}/get`;
    for (const type of ["text/plain", "application/xml", "application/json; charset=latin1"]) {
      const refused = await client.send("POST", path, "{}", { "content-type": type });
      expect([refused.status, refused.headers.get("accept")]).toEqual([415, "application/json"]);
    }
    for (const type of ["application/json; charset=utf-8", "application/x-www-form-urlencoded", ""])
      expect(
        (await client.send("POST", path, Buffer.from("{}"), type === "" ? {} : { "content-type": type })).status,
      ).toBe(200);
    const zipped = await client.send("POST", path, "{}", { "content-encoding": "gzip" });
    expect([zipped.status, zipped.json.reason]).toEqual([415, "INVALID_ARGUMENT"]);
  });

  test("a body that is too large is 413, with a reason", async () => {
    const refused = await client.send("POST", `/v1/messages/${queue}:x`, Buffer.alloc(300 * 1024));
    expect(refused).toMatchObject({ status: 413, json: { reason: "MESSAGE_TOO_LARGE", retryable: false } });
  });

  test.each(["{", "[]", '"text"', "null", "1.5", "\uFEFF{", `${"[".repeat(300)}${"]".repeat(300)}`])(
    "the body %s is 400",
    async (body) => {
      const refused = await client.send("POST", `/v1/queues/${queue}/get`, body, {
        "content-type": "application/json",
      });
      expect(refused).toMatchObject({ status: 400, json: { reason: "INVALID_ARGUMENT" } });
    },
  );

  test("what is no UTF-8 is 400, in bodies and paths", async () => {
    expect((await client.send("POST", `/v1/queues/${queue}/get`, Buffer.of(0x7b, 0xff, 0x7d))).status).toBe(400);
    expect(await client.get("/v1/queues/%ff")).toMatchObject({ status: 400, json: { reason: "INVALID_ARGUMENT" } });
  });

  test("a client that takes no JSON is told what there is", async () => {
    const refused = await client.get("/v1/queues", { accept: "text/html" });
    expect([refused.status, refused.json.detail]).toEqual([406, expect.stringContaining("application/json")]);
    expect((await client.get("/v1/queues", { accept: "application/*;q=0.5" })).status).toBe(200);
  });

  test("what there is not, with a slash too many or in capitals, is 404", async () => {
    for (const path of ["/v1/", "/v1/queue", `/v1/queues/${queue}/`, `/V1/queues/${queue}`, "/v1/queues//get"])
      expect([path, (await client.get(path)).status]).toEqual([path, 404]);
  });

  test("the page describes itself", async () => {
    expect((await client.get("/v1")).json.openapi).toBe("/v1/openapi.json");
    expect((await client.get("/v1/openapi.json")).json.openapi).toBe("3.1.0");
  });

  test("sessions and idents that are too long are refused by name", async () => {
    const refused = await client.get("/v1/queues", { "berrymq-session": "x".repeat(200) });
    expect(refused).toMatchObject({ status: 400, json: { detail: expect.stringContaining("berrymq-session") } });
  });
});
