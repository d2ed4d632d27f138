// Server-sent events against a gateway.
import { request } from "node:http";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { call, SseClient } from "../../../testing/json.js";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open({ resumeEvents: 20 });
});
afterAll(() => gateway.close());

const clients: SseClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
async function open(path: string, headers: Record<string, string> = {}, port = gateway.port): Promise<SseClient> {
  const client = await SseClient.open(port, path, headers);
  clients.push(client);
  return client;
}
const publish = (identifier: string, ...args: unknown[]) =>
  call(gateway.port, "publish", { message: { identifier, args } });
const isMessage = ({ event }: { event: string }) => event === "message";
const isApplied = ({ event }: { event: string }) => event === "applied";
const heardOf = async (client: SseClient) => (await client.inbox.find(isMessage)).data.message.args;
const followers = async (identifier: string) => (await publish(identifier)).result.followers;

async function following(query: string, headers: Record<string, string> = {}): Promise<SseClient> {
  const client = await open(`/v1/follow?${query}`, headers);
  await client.inbox.find(isApplied);
  return client;
}

/** Breaks off, and waits until the gateway has noticed: what is published meanwhile is not sent into the void. */
async function breakOff(client: SseClient): Promise<void> {
  client.close();
  await client.ended;
}

describe("a follow", () => {
  test("hears what its patterns match, from its head on", async () => {
    const client = await open("/v1/follow?pattern=sse%3A*&pattern=other:*");
    const { headers } = client.response;
    expect(headers["content-type"]).toMatch(/^text\/event-stream/);
    expect([headers["cache-control"], headers["x-accel-buffering"]]).toEqual(["no-cache", "no"]);
    const { subscription, resumed } = (await client.inbox.next()).data;
    expect([subscription, resumed]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), false]);
    expect(await client.inbox.next()).toMatchObject({ event: "applied", data: { revision: 0 } });
    await publish("sse:x", 1);
    await publish("nothing:x", 2);
    await publish("other:x", 3);
    expect([await heardOf(client), await heardOf(client)]).toEqual([[1], [3]]);
  });

  test("counts credit if it names some", async () => {
    const client = await following("pattern=poor:*&credit=0");
    const { subscription } = client.inbox.all[0].data;
    await publish("poor:x", 1);
    await call(gateway.port, "follow.update", { subscription, credit: 1 });
    const { message, bytes } = (await client.inbox.find(isMessage)).data;
    expect([message.args, bytes > 10]).toEqual([[1], true]);
  });

  test("whose connection broke off gets what it missed, once", async () => {
    const client = await following("pattern=broken:*");
    for (const arg of [1, 2]) await publish("broken:x", arg);
    const { id } = await client.inbox.find(isMessage);
    await breakOff(client);
    for (const arg of [3, 4]) await publish("broken:x", arg);
    const again = await open("/v1/follow?pattern=broken:*", { "last-event-id": id });
    expect((await again.inbox.next()).data).toEqual({ subscription: id.split(":")[0], resumed: true });
    expect([await heardOf(again), await heardOf(again), await heardOf(again)]).toEqual([[2], [3], [4]]);
    await publish("broken:x", 5);
    expect(await heardOf(again)).toEqual([5]);
    expect(await followers("broken:x")).toBe(1);
  });

  test("takes its place on a connection that the gateway thinks is open still", async () => {
    const client = await following("pattern=twice:*");
    await publish("twice:x", 1);
    const { id } = await client.inbox.find(isMessage);
    const again = await open("/v1/follow?pattern=twice:*", { "last-event-id": id });
    await client.ended;
    await publish("twice:x", 2);
    expect(await heardOf(again)).toEqual([2]);
    expect(await followers("twice:x")).toBe(1);
  });

  test("is told how many messages are kept no more", async () => {
    const client = await following("pattern=many:*");
    await publish("many:x", "first");
    const { id } = await client.inbox.find(isMessage);
    for (let i = 0; i < 50; i++) await publish("many:x", i);
    for (let i = 0; i < 50; i++) await heardOf(client);
    await breakOff(client);
    const again = await open("/v1/follow?pattern=many:*", { "last-event-id": id });
    const { message } = (await again.inbox.find(isMessage)).data;
    expect([message.identifier, message.kwargs]).toEqual(["berrymq:lag", { dropped: 30 }]);
    expect(await heardOf(again)).toEqual([30]);
  });

  test.each<[string, string, Record<string, string>]>([
    ["another pattern", "pattern=else:*", {}],
    ["another session", "pattern=same:*", { "berrymq-session": "somebody" }],
  ])("is not resumed by who asks for %s", async (_what, query, headers) => {
    const client = await following("pattern=same:*");
    await publish("same:x", 1);
    const { id } = await client.inbox.find(isMessage);
    const other = await open(`/v1/follow?${query}`, { "last-event-id": id, ...headers });
    expect((await other.inbox.next()).data.resumed).toBe(false);
    expect(client.response.destroyed).toBe(false);
  });

  test.each(["nonsense", "0".repeat(32), `${"0".repeat(32)}:5`, `${"0".repeat(32)}:${"9".repeat(40)}`])(
    "begins anew after the unknown id %s",
    async (id) => {
      const client = await open("/v1/follow?pattern=x:*", { "last-event-id": id });
      expect((await client.inbox.next()).data.resumed).toBe(false);
    },
  );

  test("ends with its connection where it is not to be resumed", async () => {
    const client = await following("pattern=gone:*&resume=0");
    expect(await followers("gone:x")).toBe(1);
    await breakOff(client);
    await expect.poll(() => followers("gone:x"), { timeout: 10_000 }).toBe(0);
  });

  test("ends when nobody comes back in time", async () => {
    const client = await following("pattern=late:*&resume=0.5");
    await breakOff(client);
    await expect.poll(() => followers("late:x"), { timeout: 10_000 }).toBe(0);
  });

  test("ends with its connection when as many as may are kept already", async () => {
    const small = await TestGateway.open({ resumable: 2 });
    const heard = async () => {
      const { result } = await call(small.port, "publish", { message: { identifier: "kept:x" } });
      return result.followers;
    };
    for (let made = 0; made < 3; made++) {
      const client = await open("/v1/follow?pattern=kept:*&resume=300", {}, small.port);
      await client.inbox.find(isApplied);
      await breakOff(client);
    }
    await expect.poll(heard, { timeout: 10_000 }).toBe(2);
    await small.close();
  });
});

describe("a consumption", () => {
  test("pushes, is settled by POST, and releases the rest at its end", async () => {
    await call(gateway.port, "queue.create", { queue: { name: "a queue", patterns: ["sent:*"] } });
    for (const arg of [1, 2]) await publish("sent:x", arg);
    const client = await open("/v1/queues/a%20queue/consume?credit=2&lease=30");
    const { subscription } = (await client.inbox.next()).data;
    const [{ data }] = [await client.inbox.next(), await client.inbox.next()];
    expect(data.delivery).toMatchObject({ message: { args: [1] }, attempt: 1 });
    const settlements = [{ lease_id: data.delivery.lease_id, ack: {} }];
    await call(gateway.port, "consume.update", { subscription, settlements });
    expect(await client.inbox.next()).toMatchObject({
      event: "outcomes",
      data: { outcomes: settlements.map(({ lease_id }) => ({ lease_id, dead: false })) },
    });
    await breakOff(client);
    const status = async () => (await call(gateway.port, "queue.describe", { queue: "a queue" })).result.status;
    await expect.poll(status, { timeout: 10_000 }).toMatchObject({ ready: 1, leased: 0 });
  });

  test("may acknowledge all as it is pushed, and ends with its queue", async () => {
    await call(gateway.port, "queue.create", { queue: { name: "auto" } });
    const client = await open("/v1/queues/auto/consume?auto_ack=true");
    await publish("auto:x", 1);
    expect((await client.inbox.find(({ event }) => event === "delivery")).data.delivery).toMatchObject({
      lease_id: "",
    });
    await call(gateway.port, "queue.delete", { queue: "auto" });
    expect((await client.inbox.next()).data.error).toMatchObject({ reason: "QUEUE_NOT_FOUND", retryable: false });
    await client.ended;
  });
});

describe("what cannot begin is a problem", () => {
  const get = async (path: string, method = "GET") => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { method });
    const text = await response.text();
    return {
      status: response.status,
      allow: response.headers.get("allow"),
      ...(text && { problem: JSON.parse(text) }),
    };
  };

  test.each<[string, number, string]>([
    ["/v1/follow?pattern=te*t:x", 400, "te*t"],
    [
      "/v1/follow?patern=x:*",
      400,
      "patern: there is no such parameter; there are pattern, credit, resume, session, ident",
    ],
    ["/v1/follow?resume=301", 400, "resume: 301"],
    ["/v1/follow?resume=-1", 400, "resume: -1"],
    ["/v1/follow?resume=1&resume=2", 400, "resume: it is given 2 times"],
    ["/v1/follow?credit=many", 400, "credit"],
    ["/v1/follow?pattern=%ff", 400, "%ff"],
    [`/v1/follow?session=${"x".repeat(129)}`, 400, "129"],
    ["/v1/queues/nowhere/consume", 404, "nowhere"],
    ["/v1/queues/nowhere/consume?lease=soon", 400, "lease"],
    ["/v1/queues/nowhere/consume?auto_ack=1", 400, "auto_ack"],
    ["/v1/queues/nowhere/consume?queue=x", 400, "queue: there is no such parameter"],
  ])("%s is answered %d", async (path, status, detail) => {
    expect(await get(path)).toMatchObject({ status, problem: { status, detail: expect.stringContaining(detail) } });
  });

  test("other verbs are told which there are; HEAD opens nothing", async () => {
    expect(await get("/v1/follow", "POST")).toMatchObject({ status: 405, allow: "GET, HEAD, OPTIONS" });
    expect(await get("/v1/follow", "OPTIONS")).toMatchObject({ status: 204, allow: "GET, HEAD, OPTIONS" });
    expect(await get("/v1/follow?pattern=head:*", "HEAD")).toMatchObject({ status: 200 });
    expect(await followers("head:x")).toBe(0);
  });

  test("any query is answered with an open answer or a problem, never a fault", async () => {
    const part = fc.oneof(fc.constantFrom("pattern", "resume", "credit", "session", "x:*", "1", "%"), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(part, part), { maxLength: 4 }), async (pairs) => {
        const query = pairs.map((pair) => pair.map((each) => encodeURI(each).replaceAll("#", "")).join("="));
        const status = await new Promise<number>((resolve, reject) => {
          const path = `/v1/follow?${query.join("&")}`;
          const asked = request({ port: gateway.port, path, agent: false }, (response) => {
            resolve(response.statusCode!);
            response.destroy();
          });
          asked.on("error", reject).end();
        });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 100 },
    );
  });
});

test("at a drain what is open is told and ended, and what is broken off is not waited for", async () => {
  const stopping = await TestGateway.open();
  const client = await open("/v1/follow?pattern=x:*", {}, stopping.port);
  const broken = await open("/v1/follow?pattern=x:*", {}, stopping.port);
  await Promise.all([client, broken].map(({ inbox }) => inbox.find(isApplied)));
  await breakOff(broken);
  const began = performance.now();
  await stopping.close();
  expect(performance.now() - began).toBeLessThan(4000);
  await client.ended;
  expect(client.inbox.all.slice(-2).map(({ event }) => event)).toEqual(["draining", "ended"]);
});
