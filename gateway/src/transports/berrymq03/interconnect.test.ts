// Programs that are called back, over real sockets: what they hear, in which order, and when it ends.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OldClient, OldServer } from "../../../testing/berrymq03.js";
import { TestGateway } from "../../../testing/gateway.js";

let gateway: TestGateway;
let old: OldClient;
let server: OldServer;
const others: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  gateway = await TestGateway.open();
  old = new OldClient(gateway.port);
  server = await OldServer.open();
});
afterEach(async () => {
  await Promise.all([gateway.close(), server.close(), ...others.splice(0).map((each) => each.close())]);
});

const WITHIN = { timeout: 15_000 };
const interconnect = (port = server.port, token = "mine", ttl = 1000) =>
  old.call("interconnect", ["127.0.0.1", port], token, ttl);
const heard = (count: number, by = server) =>
  vi.waitUntil(() => by.calls.length >= count, WITHIN).then(() => by.heard.map((each) => (each as unknown[])[0]));

async function another(): Promise<OldServer> {
  const made = await OldServer.open();
  others.push(made);
  return made;
}

/** Whether the gateway knows the token. */
const stands = async (token: string) => (await old.call("send_message", token, "_probe:x", [], {})) === "ok";

test("it is called with every message, in order, in the shape of 0.3", async () => {
  expect(await interconnect()).toBe("mine");
  const sender = await old.call("connect_oneway");
  await old.call("send_message", sender, "a:b", [1, "zwei"], { level: 3 });
  await old.call("send_message", sender, "c:d", [], {});
  expect(await heard(2)).toEqual(["a:b", "c:d"]);
  expect(JSON.parse(server.calls[0]!.text)).toEqual({
    id: null,
    method: "send_message",
    params: ["mine", "a:b", [1, "zwei"], { level: 3 }],
  });
  expect(server.calls[0]!.headers).toMatchObject({
    "content-type": "text/xml",
    connection: "close",
    host: `127.0.0.1:${server.port}`,
    "content-length": `${server.calls[0]!.text.length}`,
  });
});

test("integers of 64 bits arrive with every digit", async () => {
  await interconnect();
  const sender = await old.call("connect_oneway");
  await old.post(`{"method":"send_message","params":["${sender}","a:b",[9223372036854775807],{"f":1.0}]}`);
  await heard(1);
  expect(server.calls[0]!.text).toContain('[9223372036854775807],{"f":1.0}');
});

test("without a token of its own it gets a random one", async () => {
  const token = await old.call("interconnect", ["127.0.0.1", server.port], null);
  expect(token).toMatch(/^[0-9a-f]{32}$/);
  expect(await stands(token)).toBe(true);
});

test("a token that stands is nobody else's to take", async () => {
  await interconnect();
  await expect(interconnect((await another()).port)).rejects.toMatchObject({ type: "InvalidArgument" });
});

test("it hears nothing of its own, nothing local, and nothing of other namespaces; others hear it", async () => {
  const other = await another();
  await interconnect();
  await interconnect(other.port, "yours");
  const sender = await old.call("connect_oneway");
  await old.call("send_message", "mine", "mine:said", [], {});
  await old.call("send_message", sender, "_local:said", [], {});
  await old.call("send_message", sender, "x@space:said", [], {});
  await old.call("send_message", sender, "end:said", [], {});
  expect(await heard(2, other)).toEqual(["mine:said", "end:said"]);
  expect(await heard(1)).toEqual(["end:said"]);
});

test("two connections to one address are one program: what comes over one does not go back over the other", async () => {
  await interconnect(server.port, "before");
  await interconnect(server.port, "after");
  const sender = await old.call("connect_oneway");
  await old.call("send_message", "after", "own:said", [], {});
  await old.call("send_message", sender, "end:said", [], {});
  expect(await heard(2)).toEqual(["end:said", "end:said"]);
});

test("one call is under way at a time, and others wait for nobody", async () => {
  const other = await another();
  await interconnect();
  await interconnect(other.port, "yours");
  let release: () => void = () => {};
  const held = new Promise<string>((resolve) => (release = () => resolve("ok")));
  server.answer = () => held;
  const sender = await old.call("connect_oneway");
  for (let i = 0; i < 3; i++) await old.call("send_message", sender, "a:b", [i], {});
  await heard(3, other);
  await vi.waitUntil(() => server.calls.length === 1, WITHIN);
  release();
  await heard(3);
  expect(server.heard.map((each) => (each as unknown[])[1])).toEqual([[0], [1], [2]]);
});

test.each(["invalid token", "timeout"])('"%s" ends it', async (answer) => {
  await interconnect();
  server.answer = () => answer;
  await old.call("send_message", await old.call("connect_oneway"), "a:b", [], {});
  await vi.waitUntil(async () => !(await stands("mine")), WITHIN);
  expect(server.calls).toHaveLength(1);
});

test("close_connection ends it", async () => {
  await interconnect();
  expect(await old.call("close_connection", "mine", ["127.0.0.1", server.port])).toBe("ok");
  await old.call("send_message", await old.call("connect_oneway"), "a:b", [], {});
  expect(await stands("mine")).toBe(false);
  await interconnect(server.port, "again");
  await old.call("send_message", await old.call("connect_oneway"), "c:d", [], {});
  expect(await heard(1)).toEqual(["c:d"]);
});

test("a program that is away hears it when it is back", async () => {
  const { port } = server;
  await server.close();
  await interconnect(port);
  await old.call("send_message", await old.call("connect_oneway"), "a:b", [], {});
  server = await OldServer.open(port);
  expect(await heard(1)).toEqual(["a:b"]);
});

test("a program that is gone is given up when its ttl ends", async () => {
  const gone = await OldServer.open();
  const { port } = gone;
  await gone.close();
  await interconnect(port, "short", 0.3);
  await old.call("send_message", await old.call("connect_oneway"), "a:b", [], {});
  // A token can be taken again once its connection has ended, and asking is no call of that connection.
  const again = () => interconnect(server.port, "short").catch(() => undefined);
  expect(await vi.waitUntil(again, WITHIN)).toBe("short");
});

test("answering keeps it: a program that only listens is not silent", async () => {
  await interconnect(server.port, "mine", 3);
  const sender = await old.call("connect_oneway");
  const end = performance.now() + 4500;
  for (let i = 1; performance.now() < end; i++) {
    await old.call("send_message", sender, "a:b", [i], {});
    await heard(i);
  }
  expect(await stands("mine")).toBe(true);
});

test("its answer acknowledges a message that is kept until somebody has", async () => {
  const small = await TestGateway.open({ unacknowledged: 1 });
  others.push(small);
  const program = new OldClient(small.port);
  await program.call("interconnect", ["127.0.0.1", server.port], "t");
  const publish = async (identifier: string) => {
    const params = { message: { identifier, args: [], require_ack: true } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "publish", params });
    return (await program.post(body, { "content-type": "application/json" }, "/rpc")).json.error?.data.reason;
  };
  expect(await publish("a:1")).toBeUndefined();
  await vi.waitUntil(async () => (await publish("a:2")) === undefined, WITHIN);
  expect(await heard(2)).toEqual(["a:1", "a:2"]);
});

test.each([
  ["a redirect", { status: 302, headers: { location: "http://127.0.0.1:1/" } }],
  ["an error of the server", { status: 500, body: "x" }],
  ["what is no JSON", { status: 200, body: "<xml/>" }],
  ["no object", { status: 200, body: "[1]" }],
  ["an error object", { status: 200, body: '{"id":null,"result":null,"error":{"type":"X","message":"y"}}' }],
  ["more than anybody reads", { status: 200, body: "x".repeat(1_000_000) }],
])("%s is passed over, and the next message follows", async (_what, respond) => {
  await interconnect();
  server.respond = respond;
  const sender = await old.call("connect_oneway");
  await old.call("send_message", sender, "a:b", [], {});
  await heard(1);
  server.respond = undefined;
  await old.call("send_message", sender, "c:d", [], {});
  expect(await heard(2)).toEqual(["a:b", "c:d"]);
});

test("a program that does not take is bounded like any follower, and is told how many went", async () => {
  const small = await TestGateway.open({ followerMessages: 2 });
  others.push(small);
  const program = new OldClient(small.port);
  let release: () => void = () => {};
  const held = new Promise<string>((resolve) => (release = () => resolve("ok")));
  server.answer = () => held;
  await program.call("interconnect", ["127.0.0.1", server.port], "t");
  const sender = await program.call("connect_oneway");
  await program.call("send_message", sender, "a:b", [0], {});
  await heard(1);
  for (let i = 1; i <= 6; i++) await program.call("send_message", sender, "a:b", [i], {});
  release();
  await heard(4);
  expect(server.heard).toEqual([
    ["a:b", [0], {}],
    ["berrymq:lag", [], { dropped: 4 }],
    ["a:b", [5], {}],
    ["a:b", [6], {}],
  ]);
});

test("a ring of gateways is gone through once", async () => {
  const second = await TestGateway.open();
  others.push(second);
  const there = new OldClient(second.port);
  const [here, back] = [await old.call("connect_oneway"), await there.call("connect_oneway")];
  await old.call("interconnect", ["127.0.0.1", second.port], back);
  await there.call("interconnect", ["127.0.0.1", gateway.port], here);
  await old.call("interconnect", ["127.0.0.1", gateway.port], "itself");
  const queues = [await old.call("connect_via_queue", "a:*"), await there.call("connect_via_queue", "a:*")];
  const sender = await old.call("connect_oneway");
  await old.call("send_message", sender, "a:b", [1], {});
  await old.call("send_message", sender, "a:end", [2], {});
  for (const [index, program] of [old, there].entries()) {
    expect((await program.call("get", queues[index], true, 15))[1]).toEqual([1]);
    expect((await program.call("get", queues[index], true, 15))[1]).toEqual([2]);
    await expect(program.call("get", queues[index], true, 0.3)).rejects.toMatchObject({ type: "Empty" });
  }
}, 40_000);
