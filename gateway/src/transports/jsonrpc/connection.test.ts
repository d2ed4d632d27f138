// JSON-RPC over WebSocket against a gateway.
import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { call, RpcClient } from "../../../testing/json.js";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open({ connectionSubscriptions: 3, connectionRequests: 5, frameBytes: 65_536 });
});
afterAll(() => gateway.close());

const clients: RpcClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
async function open(query = "", port = gateway.port): Promise<RpcClient> {
  const client = await RpcClient.open(port, query);
  clients.push(client);
  return client;
}

const isApplied = ({ method }: { method: string }) => method === "follow.applied";
const isMessage = ({ method }: { method: string }) => method === "follow.message";
async function following(pattern: string, more: object = {}, client?: RpcClient): Promise<[RpcClient, string]> {
  const follower = client ?? (await open());
  const { result } = await follower.call("follow", { add: [{ pattern }], ...more });
  await follower.inbox.find(isApplied);
  return [follower, result.subscription];
}
const publish = (identifier: string, ...args: unknown[]) =>
  call(gateway.port, "publish", { message: { identifier, args } });

describe("a follow", () => {
  test("is answered before anything is told, and hears in order", async () => {
    const client = await open();
    client.send({ jsonrpc: "2.0", id: 1, method: "follow", params: { add: [{ pattern: "order:*" }], revision: 5 } });
    const { result } = await client.inbox.next();
    expect(await client.inbox.next()).toEqual({
      jsonrpc: "2.0",
      method: "follow.applied",
      params: { subscription: result.subscription, revision: 5 },
    });
    for (const arg of [1, 2, 3]) await publish("order:x", arg);
    for (const arg of [1, 2, 3]) {
      expect((await client.inbox.next()).params).toMatchObject({
        subscription: result.subscription,
        message: { args: [arg] },
      });
    }
  });

  test("is answered before anything is told in a batch, too", async () => {
    await call(gateway.port, "queue.create", { queue: { name: "waiting" } });
    const client = await open();
    client.send([
      { jsonrpc: "2.0", id: 1, method: "follow", params: { add: [{ pattern: "x:*" }] } },
      { jsonrpc: "2.0", id: 2, method: "queue.get", params: { queue: "waiting", wait: 0.3 } },
    ]);
    expect(await client.inbox.next()).toMatchObject([{ id: 1 }, { id: 2, result: { deliveries: [] } }]);
    expect(await client.inbox.next()).toMatchObject({ method: "follow.applied" });
  });

  test("that is refused says so in its answer", async () => {
    const client = await open();
    expect((await client.call("follow", { add: [{ pattern: "te*t:x" }] })).error).toMatchObject({ code: -32001 });
    expect((await client.call("consume", { queue: "nowhere" })).error).toMatchObject({ code: -32008 });
    expect((await client.call("follow", { pattern: "x:*" })).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("params.pattern"),
    });
  });

  test("that is refused later ends with why", async () => {
    const [client, subscription] = await following("x:*");
    await client.call("follow.update", { subscription, add: [{ pattern: "te*t:x" }] });
    expect(await client.inbox.next()).toEqual({
      jsonrpc: "2.0",
      method: "follow.ended",
      params: {
        subscription,
        error: { reason: "INVALID_IDENTIFIER", message: expect.stringContaining("te*t"), retryable: false },
      },
    });
    expect((await client.call("follow.update", { subscription })).error.code).toBe(-32602);
  });

  test("counts credit in bytes, which each message tells", async () => {
    const [client, subscription] = await following("credit:*", { credit: 0 });
    for (const arg of [1, 2]) await publish("credit:x", arg);
    await client.call("follow.update", { subscription, credit: 1 });
    const first = await client.inbox.find(isMessage);
    expect(first.params.message.args).toEqual([1]);
    expect(first.params.bytes).toBeGreaterThan(10);
    await client.call("follow.update", { subscription, credit: first.params.bytes });
    expect((await client.inbox.find(isMessage)).params.message.args).toEqual([2]);
  });

  test("changes its patterns, and ends when it is told to", async () => {
    const [client, subscription] = await following("before:*");
    const update = { subscription, add: [{ pattern: "after:*" }], remove: ["before:*"], revision: 9 };
    expect((await client.call("follow.update", update)).result).toEqual({});
    expect((await client.inbox.find(isApplied)).params.revision).toBe(9);
    expect((await publish("before:x")).result.followers).toBe(0);
    expect((await publish("after:x")).result.followers).toBe(1);
    expect((await client.call("follow.end", { subscription })).result).toEqual({});
    expect((await publish("after:x")).result.followers).toBe(0);
    expect(await client.inbox.find(({ method }) => method === "follow.ended")).toMatchObject({
      params: { subscription },
    });
  });

  test("does not hear its own session", async () => {
    const client = await open("?session=mine");
    await following("own:*", {}, client);
    expect((await client.call("publish", { message: { identifier: "own:x" } })).result.followers).toBe(0);
    expect((await publish("own:x")).result.followers).toBe(1);
  });

  test("acknowledges messages that require it", async () => {
    const [client, subscription] = await following("kept:*");
    const message = { identifier: "kept:x", id: "kept-1", require_ack: true };
    await call(gateway.port, "publish", { message });
    expect((await client.inbox.find(isMessage)).params.message.require_ack).toBe(true);
    expect((await client.call("follow.update", { subscription, acknowledge: ["kept-1"] })).result).toEqual({});
  });
});

describe("a consumption", () => {
  test("pushes, settles, and releases what is left when the connection ends", async () => {
    await call(gateway.port, "queue.create", { queue: { name: "pushed" } });
    const client = await open();
    const { subscription } = (await client.call("consume", { queue: "pushed", credit: 2 })).result;
    for (const arg of [1, 2, 3]) await publish("pushed:x", arg);
    const [first, second] = [await client.inbox.next(), await client.inbox.next()];
    expect([first, second].map(({ method, params }) => [method, params.delivery.message.args])).toEqual([
      ["consume.delivery", [1]],
      ["consume.delivery", [2]],
    ]);
    const settlements = [{ lease_id: first.params.delivery.lease_id, ack: {} }];
    expect((await client.call("consume.update", { subscription, settlements, credit: 1 })).result).toEqual({});
    const rest = [await client.inbox.next(), await client.inbox.next()];
    expect(rest.find(({ method }) => method === "consume.outcomes").params.outcomes).toEqual([
      { lease_id: settlements[0]!.lease_id, deadline: 0, dead: false },
    ]);
    expect(rest.find(({ method }) => method === "consume.delivery").params.delivery.message.args).toEqual([3]);
    await client.close();
    const status = async () => (await call(gateway.port, "queue.describe", { queue: "pushed" })).result.status;
    await expect.poll(status, { timeout: 10_000 }).toMatchObject({ ready: 2, leased: 0, consumers: 0 });
  });

  test("ends when its queue is deleted", async () => {
    await call(gateway.port, "queue.create", { queue: { name: "short" } });
    const client = await open();
    await client.call("consume", { queue: "short" });
    await call(gateway.port, "queue.delete", { queue: "short" });
    expect(await client.inbox.next()).toMatchObject({
      method: "consume.ended",
      params: { error: { reason: "QUEUE_NOT_FOUND" } },
    });
  });
});

describe("a connection", () => {
  test("carries its calls out in the order in which they came", async () => {
    const [follower] = await following("burst:*");
    const client = await open();
    const count = 300;
    for (let i = 0; i < count; i++) {
      client.send({ jsonrpc: "2.0", method: "publish", params: [{ identifier: "burst:x", args: [i] }] });
    }
    for (let i = 0; i < count; i++) expect((await follower.inbox.next()).params.message.args).toEqual([i]);
  });

  test("reads no further while as many requests as it may have wait, and goes on afterwards", async () => {
    await call(gateway.port, "queue.create", { queue: { name: "busy" } });
    const client = await open();
    const waiting = Array.from({ length: 12 }, () =>
      client.call("queue.get", { queue: "busy", wait: 60, auto_ack: true }),
    );
    const consumers = async () =>
      (await call(gateway.port, "queue.describe", { queue: "busy" })).result.status.consumers;
    await expect.poll(consumers, { timeout: 10_000 }).toBeGreaterThanOrEqual(5);
    for (let i = 0; i < 12; i++) await publish("busy:x", i);
    const got = (await Promise.all(waiting)).map(({ result }) => result.deliveries[0].message.args[0]);
    expect(got.sort((one, other) => one - other)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  test("holds as many subscriptions as it may, and another when one has ended", async () => {
    const client = await open();
    const answers = await Promise.all([1, 2, 3, 4].map(() => client.call("follow", {})));
    expect(answers.map(({ error }) => error?.data.reason)).toEqual([undefined, undefined, undefined, "LIMIT_REACHED"]);
    await client.call("follow.end", { subscription: answers[0].result.subscription });
    expect((await client.call("follow", {})).result.subscription).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each<[string, number, (client: RpcClient) => void]>([
    ["a binary frame", 1003, (client) => client.webSocket.send(Buffer.from("{}"))],
    ["a frame that is too large", 1009, (client) => client.send(" ".repeat(65_537))],
    ["text that is no UTF-8", 1007, (client) => client.webSocket.send(Buffer.of(0x22, 0xff), { binary: false })],
  ])("is closed after %s, with %d, and nobody else's is", async (_what, code, say) => {
    const [follower] = await following("still:*");
    const client = await open();
    say(client);
    expect(await client.closed).toBe(code);
    await publish("still:x", "here");
    expect((await follower.inbox.next()).params.message.args).toEqual(["here"]);
  });

  test("answers what is no JSON, and stays", async () => {
    const client = await open();
    for (const said of ["", "{", "[]", "5"]) client.send(said);
    const codes = [];
    for (let i = 0; i < 4; i++) codes.push((await client.inbox.next()).error.code);
    expect(codes).toEqual([-32700, -32700, -32600, -32600]);
    expect((await client.call("queue.list")).result.queues).toBeDefined();
  });

  test("of a caller that cannot be is refused, as is another path", async () => {
    for (const [path, status] of [
      ["/rpc?session=%ff", 400],
      [`/rpc?ident=${"x".repeat(256)}`, 400],
      ["/rpc/x", 404],
    ] as const) {
      const socket = connect(gateway.port, "127.0.0.1");
      const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      socket.destroy();
    }
  });

  test("whose peer breaks off leaves nothing behind", async () => {
    await call(gateway.port, "queue.create", { queue: { name: "left" } });
    const [client] = await following("left:*");
    void client.call("queue.get", { queue: "left", wait: 60 });
    const consumers = async () =>
      (await call(gateway.port, "queue.describe", { queue: "left" })).result.status.consumers;
    await expect.poll(consumers, { timeout: 10_000 }).toBe(1);
    client.webSocket.terminate();
    await expect.poll(consumers, { timeout: 10_000 }).toBe(0);
    await expect.poll(async () => (await publish("left:x")).result.followers, { timeout: 10_000 }).toBe(0);
  });
});

test("at a drain each subscription is told and ended, waiting calls are answered, and 1001 closes", async () => {
  const stopping = await TestGateway.open();
  const client = await open("", stopping.port);
  await client.call("queue.create", { queue: { name: "q" } });
  await client.call("follow", { add: [{ pattern: "x:*" }] });
  await client.call("consume", { queue: "q" });
  const got = client.call("queue.get", { queue: "q", wait: 60 });
  await expect
    .poll(async () => (await call(stopping.port, "queue.describe", { queue: "q" })).result.status.consumers, {
      timeout: 10_000,
    })
    .toBe(2);
  const began = performance.now();
  await stopping.close();
  expect(performance.now() - began).toBeLessThan(4000);
  expect((await got).error.data.reason).toBe("DRAINING");
  expect(await client.closed).toBe(1001);
  const told = client.inbox.all.map(({ method }) => method);
  expect(told.filter((method) => method?.startsWith("follow."))).toEqual([
    "follow.applied",
    "follow.draining",
    "follow.ended",
  ]);
  expect(told.filter((method) => method?.startsWith("consume."))).toEqual(["consume.draining", "consume.ended"]);
});

test("whatever is said is answered or closes the connection, never another's", async () => {
  const [follower] = await following("fuzz:*");
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc
      .record({
        jsonrpc: fc.constant("2.0"),
        id: fc.jsonValue(),
        method: fc.constantFrom("follow", "consume", "follow.update", "consume.end", "rpc.discover", "x"),
        params: fc.jsonValue(),
      })
      .map((said) => JSON.stringify(said)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 5 }), fc.boolean(), async (said, binary) => {
      const client = await RpcClient.open(gateway.port);
      for (const each of said) client.webSocket.send(Buffer.from(each), { binary });
      client.webSocket.close();
      expect([1000, 1003, 1005, 1006, 1009]).toContain(await client.closed);
      for (const { error } of client.inbox.all) expect(error?.code).not.toBe(-32603);
    }),
    { numRuns: 100 },
  );
  await publish("fuzz:x", "still here");
  expect((await follower.inbox.find(isMessage)).params.message.args).toEqual(["still here"]);
});
