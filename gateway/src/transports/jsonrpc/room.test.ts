// JSON-RPC by POST against a gateway.
import { once } from "node:events";
import { request } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { call, post, RpcClient, SseClient } from "../../../testing/json.js";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open();
});
afterAll(() => gateway.close());

let made = 0;
const newQueue = async () => {
  const name = `q${made++}`;
  await rpc("queue.create", { queue: { name, patterns: [`${name}:*`] } });
  return name;
};
const rpc = (method: string, params?: unknown, headers?: Record<string, string>) =>
  call(gateway.port, method, params, headers);
const message = (queue: string, args: unknown[]) => ({ identifier: `${queue}:x`, args });

describe("every call of a queue", () => {
  test("from its making to its end", async () => {
    const queue = await newQueue();
    expect((await rpc("queue.create", { queue: { name: queue, patterns: [`${queue}:*`] } })).result.created).toBe(
      false,
    );
    for (const arg of [1, 2, 3]) await rpc("publish", { message: message(queue, [arg]) });
    expect((await rpc("queue.describe", { queue })).result.status).toMatchObject({ ready: 3, leased: 0 });
    expect(
      (await rpc("queue.peek", { queue, max: 2 })).result.messages.map((each: { args: unknown }) => each.args),
    ).toEqual([[1], [2]]);
    const { deliveries } = (await rpc("queue.get", { queue, max: 2 })).result;
    expect(deliveries).toMatchObject([
      { message: { args: [1] }, attempt: 1 },
      { message: { args: [2] }, attempt: 1 },
    ]);
    const [first, second] = deliveries.map((each: { lease_id: string }) => each.lease_id);
    expect((await rpc("queue.extend", { queue, lease_ids: [first] })).result.outcomes).toMatchObject([
      { lease_id: first },
    ]);
    const settlements = [
      { lease_id: first, ack: {} },
      { lease_id: second, reject: { why: "broken" } },
      { lease_id: "nobody's", ack: {} },
    ];
    const { outcomes } = (await rpc("queue.settle", { queue, settlements })).result;
    expect(outcomes.map((each: { error?: { reason: string } }) => each.error?.reason)).toEqual([
      undefined,
      undefined,
      "LEASE_LOST",
    ]);
    expect(outcomes.map(({ dead }: { dead: boolean }) => dead)).toEqual([false, true, false]);
    expect((await rpc("queue.redrive", { queue: `${queue}.dead` })).result).toEqual({ moved: 1 });
    expect((await rpc("queue.pause", { queue })).result).toEqual({});
    expect((await rpc("queue.get", { queue })).result).toEqual({ deliveries: [] });
    expect((await rpc("queue.resume", { queue })).result).toEqual({});
    expect((await rpc("queue.purge", { queue })).result).toEqual({ purged: 2 });
    expect((await rpc("queue.list", { page_size: 1 })).result.queues).toHaveLength(1);
    expect((await rpc("queue.delete", { queue })).result).toEqual({});
    expect((await rpc("queue.delete", { queue })).error).toMatchObject({
      code: -32008,
      message: expect.stringContaining(queue),
      data: { reason: "QUEUE_NOT_FOUND", retryable: false },
    });
  });

  test("params by position are the fields in the order of their numbers", async () => {
    const queue = await newQueue();
    await rpc("publish", [message(queue, [1])]);
    const { result } = await rpc("queue.get", [queue, 5, null, true]);
    expect(result.deliveries).toMatchObject([{ message: { args: [1] }, lease_id: "" }]);
    expect((await rpc("queue.get", [queue, 1, 1, true, 1, 6])).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("6"),
    });
  });

  test("a get waits for its message", async () => {
    const queue = await newQueue();
    const got = rpc("queue.get", { queue, wait: 20 });
    await rpc("publish", { message: message(queue, ["late"]) });
    expect((await got).result.deliveries).toMatchObject([{ message: { args: ["late"] } }]);
  });

  test("a client that is gone takes no message with it", async () => {
    const queue = await newQueue();
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "queue.get", params: { queue, wait: 60 } });
    const headers = { "content-type": "application/json" };
    const waiting = request({ port: gateway.port, path: "/rpc", method: "POST", headers }).end(body);
    waiting.on("error", () => {});
    const consumers = async () => (await rpc("queue.describe", { queue })).result.status.consumers;
    await expect.poll(consumers, { timeout: 10_000 }).toBe(1);
    waiting.destroy();
    await expect.poll(consumers, { timeout: 10_000 }).toBe(0);
    await rpc("publish", { message: message(queue, [1]) });
    expect((await rpc("queue.get", { queue })).result.deliveries).toMatchObject([{ attempt: 1 }]);
  });
});

describe("talks and asks", () => {
  test("an ask brings the answers, and a talk's go to their identifier", async () => {
    const client = await RpcClient.open(gateway.port, "?session=answering&ident=the%20one");
    const patterns = [
      { pattern: "sum:of", answers: true },
      { pattern: "sum:told", answers: false },
    ];
    const { subscription } = (await client.call("follow", { add: patterns, revision: 1 })).result;
    await client.inbox.find(({ method }) => method === "follow.applied");
    const answer = async () => {
      const { params } = await client.inbox.find(({ method }) => method === "follow.message");
      const { id, args, reply_to: identifier } = params.message;
      const sum = args.reduce((one: number, other: number) => one + other);
      const told = { identifier, args: [sum], answer: { to: id, number: 1, of: 1 } };
      await client.call("publish", { message: told });
    };
    const asked = rpc("ask", { message: { identifier: "sum:of", args: [1, 2, 4] }, timeout: 20 });
    await answer();
    expect((await asked).result).toMatchObject({ answers: [{ args: [7], answer: { number: 1, of: 1 } }] });

    const listener = await RpcClient.open(gateway.port);
    await listener.call("follow", { add: [{ pattern: "sum:result" }] });
    await listener.inbox.find(({ method }) => method === "follow.applied");
    const talked = await rpc("talk", { message: { identifier: "sum:of", args: [3, 4] }, reply_to: "sum:result" });
    expect(talked.result).toMatchObject({ followers: 1, queues: 0 });
    await answer();
    const { params } = await listener.inbox.find(({ method }) => method === "follow.message");
    expect(params.message).toMatchObject({ args: [7], answer: { to: talked.result.id } });
    expect((await client.call("follow.end", { subscription })).result).toEqual({});
    expect((await rpc("ask", { message: { identifier: "sum:of" } })).error).toMatchObject({
      code: -32012,
      data: { reason: "NO_FOLLOWERS", retryable: true },
    });
    await Promise.all([client.close(), listener.close()]);
  });
});

describe("publish_batches", () => {
  const session = () => ({ "berrymq-session": `s${made++}`, "berrymq-ident": "post%C3%BCr" });
  const batch = (...args: unknown[]) => ({ messages: args.map((arg) => ({ identifier: "batched:x", args: [arg] })) });

  test("counts on from batch to batch, passes over what it has, and refuses a gap", async () => {
    const headers = session();
    const send = (params: unknown) => rpc("publish_batches", params, headers);
    expect((await send({ batch: batch(1, 2), first_sequence: 1 })).result).toMatchObject({
      through: 2,
      accepted: [{ first_sequence: 1, count: 2 }],
    });
    expect((await send({ batch: batch(1, 2), first_sequence: 1, resent: true })).result).toEqual({
      through: 2,
      accepted: [],
      refused: [],
    });
    expect((await send({ batch: batch(2, 3), first_sequence: 2, resent: true })).result).toMatchObject({
      through: 3,
      accepted: [{ first_sequence: 3, count: 1 }],
    });
    expect((await send({ batch: batch(9), first_sequence: 9 })).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("9 after 3"),
    });
  });

  test("tells nobody that its session came or went", async () => {
    const client = await RpcClient.open(gateway.port);
    await client.call("follow", { add: [{ pattern: "berrymq:*" }, { pattern: "batched:*" }], revision: 1 });
    await client.inbox.find(({ method }) => method === "follow.applied");
    const headers = session();
    for (const sequence of [1, 2, 3]) {
      await rpc("publish_batches", { batch: batch(sequence), first_sequence: sequence }, headers);
    }
    await rpc("publish", { message: { identifier: "batched:last" } });
    const heard: string[] = [];
    await client.inbox.find(({ params }) => {
      heard.push(params.message.identifier);
      return params.message.identifier === "batched:last";
    });
    expect(heard).toEqual(["batched:x", "batched:x", "batched:x", "batched:last"]);
    await client.close();
  });

  test("a message that is refused is refused alone; one that is no message refuses all, and is named", async () => {
    const messages = [{ identifier: "batched:x" }, { identifier: "berrymq:x" }, { identifier: "batched:y" }];
    expect((await rpc("publish_batches", { batch: { messages } }, session())).result).toMatchObject({
      through: 3,
      refused: [{ first_sequence: 2, count: 1, error: { reason: "RESERVED_IDENTIFIER" } }],
    });
    const wrong = [{ identifier: "batched:x" }, { identifer: "batched:x" }];
    expect((await rpc("publish_batches", { batch: { messages: wrong } }, session())).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("params.batch.messages[1].identifer"),
    });
    expect((await rpc("publish_batches", {}, session())).error).toMatchObject({ code: -32602 });
  });
});

describe("over HTTP", () => {
  const answered = async (response: Response) => [response.status, await response.text()];
  const url = () => `http://127.0.0.1:${gateway.port}/rpc`;

  test("notifications are carried out and answered 204", async () => {
    const queue = await newQueue();
    const notification = { jsonrpc: "2.0", method: "publish", params: { message: message(queue, [1]) } };
    expect(await answered(await post(gateway.port, notification))).toEqual([204, ""]);
    expect(await answered(await post(gateway.port, [notification, notification]))).toEqual([204, ""]);
    expect((await rpc("queue.describe", { queue })).result.status.ready).toBe(3);
  });

  test("the calls of a batch wait side by side", async () => {
    const queue = await newQueue();
    const get = { jsonrpc: "2.0", method: "queue.get", params: { queue, wait: 30, auto_ack: true } };
    const batch = Array.from({ length: 20 }, (_, id) => ({ ...get, id }));
    const published = { jsonrpc: "2.0", id: "p", method: "publish", params: [message(queue, [1])] };
    const answers = await post(gateway.port, [...batch, ...Array(20).fill(published)]);
    const all = (await answers.json()) as { result: { deliveries?: unknown[] } }[];
    expect(all.slice(0, 20).map(({ result }) => result.deliveries?.length)).toEqual(Array(20).fill(1));
  });

  test("numbers and ids stay as they were written", async () => {
    const queue = await newQueue();
    const numbers = "[12345678901234567890,1.0,1e400,0.1,-0]";
    const said = `{"jsonrpc":"2.0","id":1.0,"method":"publish","params":{"message":{"identifier":"${queue}:x","args":${numbers}}}}`;
    expect(await (await post(gateway.port, said)).text()).toMatch(/"id":1\.0}$/);
    const get = `[{"jsonrpc":"2.0","id":12345678901234567890,"method":"queue.get","params":{"queue":"${queue}"}}]`;
    const got = await (await post(gateway.port, get)).text();
    expect(got).toContain(`"args":${numbers}`);
    expect(got).toMatch(/"id":12345678901234567890}\]$/);
  });

  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ["nothing", ""],
    ["half an object", '{"jsonrpc"'],
    ["what is no UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["what is nested too deeply", "[".repeat(100_000)],
  ])("%s is answered 400 with a -32700", async (_what, body) => {
    const response = await fetch(url(), { method: "POST", body, headers: { "content-type": "application/json" } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32700, message: "Parse error" }, id: null });
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/jsonx",
  ])("a body of type %s is answered 415", async (type) => {
    const response = await fetch(url(), { method: "POST", body: "{}", headers: { "content-type": type } });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining("application/json") });
  });

  test.each(["GET", "PUT", "DELETE", "HEAD"])("%s is answered 405", async (method) => {
    const response = await fetch(url(), { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "OPTIONS, POST"]);
  });

  test("OPTIONS tells what is taken", async () => {
    const response = await fetch(url(), { method: "OPTIONS" });
    expect([response.status, response.headers.get("allow")]).toEqual([204, "OPTIONS, POST"]);
  });

  test("a caller that cannot be is answered 400", async () => {
    for (const headers of [{ "berrymq-session": "x".repeat(129) }, { "berrymq-ident": "%ff" }]) {
      const response = await post(gateway.port, { jsonrpc: "2.0", id: 1, method: "queue.list" }, headers as never);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ reason: "INVALID_ARGUMENT" });
    }
  });

  test("a follow needs what stays open, and its calls a subscription", async () => {
    expect((await rpc("follow", {})).error).toMatchObject({
      code: -32021,
      message: expect.stringContaining("WebSocket"),
    });
    for (const params of [{}, { subscription: 5 }, { subscription: "0".repeat(32) }]) {
      expect((await rpc("follow.update", params)).error).toMatchObject({ code: -32602 });
    }
    expect((await rpc("follow.end", { subscription: "x", more: 1 })).error.message).toContain("more");
  });

  test("a POST reaches a subscription of server-sent events, by the name of its own kind alone", async () => {
    const client = await SseClient.open(gateway.port, "/v1/follow");
    const { subscription } = (await client.inbox.next()).data;
    expect((await rpc("consume.end", { subscription })).error.code).toBe(-32602);
    expect((await rpc("follow.update", [subscription, [{ pattern: "by:post" }], [], null, 7])).result).toEqual({});
    expect(await client.inbox.find(({ event }) => event === "applied")).toMatchObject({ data: { revision: 7 } });
    expect((await rpc("follow.end", { subscription })).result).toEqual({});
    expect((await client.inbox.find(({ event }) => event === "ended")).data).toEqual({});
    await client.ended;
  });
});

test("a body beyond the limit is answered 413, and the gateway goes on", async () => {
  const small = await TestGateway.open({ frameBytes: 1024 });
  const response = await post(
    small.port,
    JSON.stringify({ jsonrpc: "2.0", id: "x".repeat(2000), method: "queue.list" }),
  );
  expect(response.status).toBe(413);
  expect((await call(small.port, "queue.list")).result).toMatchObject({ queues: [] });
  await small.close();
});

test("a call that waits is told that the gateway stops", async () => {
  const stopping = await TestGateway.open();
  await call(stopping.port, "queue.create", { queue: { name: "q" } });
  const got = call(stopping.port, "queue.get", { queue: "q", wait: 60 });
  const consumers = async () => (await call(stopping.port, "queue.describe", { queue: "q" })).result.status.consumers;
  await expect.poll(consumers, { timeout: 10_000 }).toBe(1);
  await stopping.close();
  expect((await got).error).toMatchObject({ code: -32016, data: { reason: "DRAINING", retryable: true } });
});

describe("whatever is said", () => {
  const methods = [
    "publish",
    "publish_batches",
    "talk",
    "ask",
    "queue.create",
    "queue.get",
    "queue.settle",
    "queue.list",
  ];
  const methodNames = fc.oneof(
    fc.constantFrom(...methods, "follow", "follow.update", "consume.end", "__proto__", "constructor"),
    fc.string(),
  );
  const field = fc.oneof(fc.constantFrom("message", "queue", "batch", "messages", "max", "settlements"), fc.string());
  const params = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.jsonValue({ maxDepth: 2 }),
      fc.dictionary(field, tie("any"), { maxKeys: 4 }),
    ),
  })).any;
  const said = fc.record(
    {
      jsonrpc: fc.constantFrom<unknown>("2.0", 2, "1.0"),
      id: fc.jsonValue({ maxDepth: 1 }),
      method: methodNames,
      params,
    },
    { requiredKeys: [] },
  );

  test("the answer is an answer, and never a fault", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(said, fc.array(said, { maxLength: 5 }), fc.jsonValue()), async (what) => {
        const response = await post(gateway.port, JSON.stringify(what));
        const text = await response.text();
        expect([200, 204]).toContain(response.status);
        expect(text).not.toMatch(/-32603|\n *at /);
      }),
      { numRuns: 300 },
    );
  });

  test("bytes that are anything are answered 400 or as an answer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const waiting = request({
          port: gateway.port,
          path: "/rpc",
          method: "POST",
          headers: { "content-type": "application/json" },
        }).end(Buffer.from(bytes));
        const [response] = await once(waiting, "response");
        response.resume();
        expect([200, 400]).toContain(response.statusCode);
      }),
      { numRuns: 200 },
    );
  });
});
