// The berryMQ 0.3 door over real sockets: the shape of its replies, its calls, and what it refuses.
import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { OldClient } from "../../../testing/berrymq03.js";
import { TestGateway } from "../../../testing/gateway.js";
import { DEFAULT_BERRYMQ03_TTL_SECONDS } from "../../limits.js";
import { SECOND } from "../../model/clock.js";
import { ttlOf } from "./params.js";

let gateway: TestGateway;
let old: OldClient;
beforeAll(async () => {
  gateway = await TestGateway.open({ berrymq03TtlSeconds: 2000 });
  old = new OldClient(gateway.port);
});
afterAll(() => gateway.close());

let names = 0;
/** An identifier of nobody else's. */
const fresh = () => `test${names++}:go`;

/** Gets that wait at the queue of that pattern. */
async function consumers(pattern: string): Promise<number | undefined> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "queue.list", params: {} });
  const { json } = await old.post(body, { "content-type": "application/json" }, "/rpc");
  const found = json.result.queues.find(
    ({ queue }: { queue: { patterns: string[] } }) => queue.patterns[0] === pattern,
  );
  return found?.status.consumers;
}

describe("the shape of JSON-RPC 1.0", () => {
  test.each([
    ["null", "null"],
    ["a number", "7"],
    ["a number of many digits", "12345678901234567890"],
    ["a text", '"x"'],
    ["a list", '[1,{"a":2}]'],
  ])("an id that is %s comes back as it was, with a full reply", async (_what, id) => {
    const { status, text } = await old.post(`{"id":${id},"method":"connect_oneway","params":[]}`);
    expect([status, text]).toEqual([200, expect.stringMatching(/^\{"id":.*,"result":"[0-9a-f]{32}","error":null\}$/)]);
    expect(text.startsWith(`{"id":${id},`)).toBe(true);
  });

  test("a request without id or params has null and none", async () => {
    const { status, json } = await old.post('{"method":"connect_oneway"}');
    expect([status, json]).toEqual([200, { id: null, result: expect.any(String), error: null }]);
  });

  test("an error is an object with an empty traceback, and HTTP says 200", async () => {
    const { status, json } = await old.post('{"id":1,"method":"connect","params":[]}');
    expect([status, json]).toEqual([
      200,
      { id: 1, result: null, error: { type: "MethodNotFound", message: expect.any(String), traceback: "" } },
    ]);
    expect(json.error.message).toBe(
      'there is no method "connect"; there are interconnect, connect_oneway, connect_via_queue, send_message, get, get_nowait, close_connection',
    );
  });

  test.each(["text/xml", "application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"])(
    "at /JSON the content type %s is as good as any",
    async (type) => {
      const { json } = await old.post('{"method":"connect_oneway","params":[]}', { "content-type": type });
      expect(json.error).toBeNull();
    },
  );

  test("at / it answers, too, except to forms and to JSON that calls nothing", async () => {
    const call = '{"method":"connect_oneway","params":[]}';
    expect((await old.post(call, {}, "/")).json.error).toBeNull();
    expect((await old.post("<xml/>", {}, "/")).status).toBe(400);
    for (const [body, type] of [
      [call, "application/x-www-form-urlencoded; charset=utf-8"],
      [call, "multipart/form-data; boundary=x"],
      ['{"queue":"x"}', "application/json"],
      ["[1]", "application/json"],
    ]) {
      const { json } = await old.post(body!, { "content-type": type! }, "/");
      expect(json?.error).toBeUndefined();
    }
  });

  test("GET /JSON is refused with what is taken", async () => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/JSON`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("HTTP/1.0 is answered and closed", async () => {
    const socket = connect(gateway.port, "127.0.0.1");
    const body = '{"id":null,"method":"connect_oneway","params":[1]}';
    socket.write(`POST /JSON HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*content-length: \d+[\s\S]*"error":null\}$/i);
  });
});

describe("pulling", () => {
  test("what is sent is pulled in order, and then there is nothing", async () => {
    const identifier = fresh();
    const [queue, sender] = [await old.call("connect_via_queue", identifier, 1000), await old.call("connect_oneway")];
    for (const number of [1, 2]) {
      expect(await old.call("send_message", sender, identifier, [number], { level: number })).toBe("ok");
    }
    expect(await old.call("get", queue, true, 5)).toEqual([identifier, [1], { level: 1 }]);
    expect(await old.call("get_nowait", queue)).toEqual([identifier, [2], { level: 2 }]);
    await expect(old.call("get_nowait", queue)).rejects.toMatchObject({ type: "Empty" });
    await expect(old.call("get", queue, false, 0)).rejects.toMatchObject({ type: "Empty" });
    await expect(old.call("get", queue, true, 0.01)).rejects.toMatchObject({ type: "Empty" });
  });

  test("a get waits for what comes", async () => {
    const identifier = fresh();
    const [queue, sender] = [await old.call("connect_via_queue", identifier), await old.call("connect_oneway")];
    const waiting = old.call("get", queue, true, null);
    await old.call("send_message", sender, identifier, [], {});
    expect(await waiting).toEqual([identifier, [], {}]);
  });

  test("a get whose client is gone takes nothing", async () => {
    const identifier = fresh();
    const [queue, sender] = [await old.call("connect_via_queue", identifier), await old.call("connect_oneway")];
    const gone = new AbortController();
    const url = `http://127.0.0.1:${gateway.port}/JSON`;
    const body = JSON.stringify({ method: "get", params: [queue, true, 1000] });
    const given = fetch(url, { method: "POST", body, signal: gone.signal });
    await vi.waitUntil(async () => (await consumers(identifier)) === 1, 10_000);
    gone.abort();
    await expect(given).rejects.toThrow();
    await vi.waitUntil(async () => (await consumers(identifier)) === 0, 10_000);
    await old.call("send_message", sender, identifier, ["kept"], {});
    expect(await old.call("get", queue, true, 5)).toEqual([identifier, ["kept"], {}]);
  });

  test("integers of 64 bits and 1.0 come through untouched", async () => {
    const identifier = fresh();
    const [queue, sender] = [await old.call("connect_via_queue", identifier), await old.call("connect_oneway")];
    const values = '[9223372036854775807,1.0],{"n":-9223372036854775808}';
    await old.post(`{"method":"send_message","params":["${sender}","${identifier}",${values}]}`);
    const { text } = await old.post(`{"method":"get","params":["${queue}"]}`);
    expect(text).toBe(`{"id":null,"result":["${identifier}",${values}],"error":null}`);
  });

  test("args and kwargs may be left out", async () => {
    const identifier = fresh();
    const queue = await old.call("connect_via_queue", identifier);
    await old.call("send_message", queue, identifier);
    expect(await old.call("get", queue)).toEqual([identifier, [], {}]);
  });

  test("who pulls no more loses the oldest and holds no publisher up", async () => {
    const small = await TestGateway.open({ followerMessages: 2 });
    const program = new OldClient(small.port);
    const [queue, sender] = [await program.call("connect_via_queue", "a:*"), await program.call("connect_oneway")];
    for (let i = 0; i < 5; i++) expect(await program.call("send_message", sender, "a:b", [i], {})).toBe("ok");
    expect((await program.call("get_nowait", queue))[1]).toEqual([3]);
    await small.close();
  });
});

describe("connections", () => {
  test("a closed one is unknown, and its queue is gone", async () => {
    const identifier = fresh();
    const token = await old.call("connect_via_queue", identifier);
    const waiting = old.call("get", token, true, 1000);
    await vi.waitUntil(async () => (await consumers(identifier)) === 1, 10_000);
    expect(await old.call("close_connection", token, ["localhost", 1])).toBe("ok");
    expect(await waiting).toBe("invalid token");
    expect(await old.call("get_nowait", token)).toBe("invalid token");
    expect(await old.call("send_message", token, "a:b", [], {})).toBe("invalid token");
    expect(await old.call("close_connection", token)).toBe("invalid token");
  });

  test("a silent one is told timeout once", async () => {
    const token = await old.call("connect_oneway", 0.05);
    const until = performance.now() + 10_000;
    // A call is a sign of life: the pauses between them have to be longer than the ttl.
    let answer = "ok";
    for (let pause = 100; answer === "ok" && performance.now() < until; pause *= 2) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      answer = await old.call("send_message", token, "a:b", [], {});
    }
    expect([answer, await old.call("send_message", token, "a:b", [], {})]).toEqual(["timeout", "invalid token"]);
  });

  test("a connection always has an end: no ttl is 1000 s, and 0 is refused", async () => {
    expect(ttlOf(null, DEFAULT_BERRYMQ03_TTL_SECONDS, 2000)).toBe(1000 * SECOND);
    expect(await old.call("connect_oneway", null)).toEqual(expect.any(String));
    const { error } = await old.reply("connect_oneway", 0);
    expect(error.message).toBe("ttl: 0.001 to 2000 seconds expected, not 0");
  });

  test("one that only sends has nothing to pull", async () => {
    expect(await old.call("get_nowait", await old.call("connect_oneway"))).toBe("invalid token");
  });

  test("tokens are 128 random bits", async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => old.call("connect_oneway")));
    expect(new Set(tokens.map((token) => /^[0-9a-f]{32}$/.test(token) && token.slice(0, 8))).size).toBe(20);
  });

  test("there are so many and no more", async () => {
    const small = await TestGateway.open({ berrymq03Connections: 2 });
    const program = new OldClient(small.port);
    const [first] = [await program.call("connect_oneway"), await program.call("connect_via_queue", "a:b")];
    for (const params of [["connect_oneway"], ["connect_via_queue", "a:b"], ["interconnect", ["127.0.0.1", 9], "t"]]) {
      await expect(program.call(params[0] as string, ...params.slice(1))).rejects.toMatchObject({
        type: "LimitReached",
      });
    }
    await program.call("close_connection", first);
    expect(await program.call("connect_oneway")).toEqual(expect.any(String));
    await small.close();
  });

  test("a get that waits does not hold a drain up", async () => {
    const closing = await TestGateway.open({ drainSeconds: 60 });
    const program = new OldClient(closing.port);
    const token = await program.call("connect_via_queue", "a:b");
    const waiting = program.call("get", token, true, 1000);
    await expect(program.call("get", token, true, 0.1)).rejects.toMatchObject({ type: "Empty" });
    const closed = closing.close();
    await expect(waiting).rejects.toMatchObject({ type: "Draining" });
    await closed;
  });
});

describe("what is refused", () => {
  test.each<[string, string, unknown[], string, string]>([
    ["an identifier with a wildcard inside", "send_message", ["T", "te*t:go", [], {}], "InvalidIdentifier", "te*t"],
    ["an empty identifier", "send_message", ["T", "", [], {}], "InvalidIdentifier", '""'],
    ["half a character", "send_message", ["T", "a:\ud800", [], {}], "InvalidIdentifier", "a:"],
    ["the system's own", "send_message", ["T", "berrymq:lag", [], {}], "ReservedIdentifier", "berrymq:lag"],
    ["no identifier", "send_message", ["T"], "InvalidArgument", "identifier: a text expected, not nothing"],
    ["args that are no list", "send_message", ["T", "a:b", 1.0, {}], "InvalidArgument", "args: a list expected"],
    [
      "kwargs that are no object",
      "send_message",
      ["T", "a:b", [], []],
      "InvalidArgument",
      "kwargs: an object expected",
    ],
    [
      "params to spare",
      "send_message",
      ["T", "a:b", [], {}, 1],
      "InvalidArgument",
      "send_message takes token, identifier",
    ],
    ["a token that is no text", "get_nowait", [7], "InvalidArgument", "token: a text expected, not 7"],
    ["a token that is too long", "get_nowait", ["x".repeat(200)], "InvalidArgument", "128"],
    ["a pattern that is none", "connect_via_queue", ["a:b:"], "InvalidIdentifier", "a:b:"],
    ["a pattern that is no text", "connect_via_queue", [["a:b"]], "InvalidArgument", "identifier: a text expected"],
    ["a ttl that is too long", "connect_oneway", [2001], "InvalidArgument", "2001"],
    [
      "a ttl that is a text",
      "connect_oneway",
      ["10"],
      "InvalidArgument",
      'ttl: a number of seconds, 0 or more expected, not "10"',
    ],
    ["a time below zero", "get", ["T", true, -1], "InvalidArgument", "timeout"],
    ["a block that is a number", "get", ["T", 1], "InvalidArgument", "block: true or false expected, not 1"],
    ["an address that is a text", "interconnect", ["127.0.0.1:80", "t", 1], "InvalidArgument", "addr: [host, port]"],
    ["a port beyond 65535", "interconnect", [["127.0.0.1", 65536], "t", 1], "InvalidArgument", "65536"],
    ["a port that is a text", "interconnect", [["127.0.0.1", "80"], "t", 1], "InvalidArgument", '"80"'],
    ["a far address", "interconnect", [["10.0.0.1", 80], "t", 1], "InvalidArgument", "interconnectTargets"],
  ])("%s", async (_what, method, params, type, named) => {
    const token = await old.call("connect_oneway");
    const { error, result } = await old.reply(method, ...params.map((each) => (each === "T" ? token : each)));
    expect(result).toBeNull();
    expect(error).toEqual({ type, message: expect.stringContaining(named), traceback: "" });
  });

  test.each([
    ["no object", "[]"],
    ["a number", "1"],
    ["no method", '{"id":1}'],
    ["a method that is no text", '{"method":1}'],
    ["params by name", '{"method":"get_nowait","params":{"token":"x"}}'],
    ["JSON-RPC 2.0", '{"jsonrpc":"2.0","method":"get_nowait","params":[]}'],
  ])("a request that is %s is told so with status 200", async (_what, body) => {
    const { status, json } = await old.post(body);
    expect([status, json.error.type]).toEqual([200, "InvalidRequest"]);
  });

  test.each([
    ["nothing", ""],
    ["XML", "<methodCall/>"],
    ["half a JSON", '{"method":'],
    ["not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ["deeper than anybody reads", "[".repeat(5000) + "]".repeat(5000)],
  ])("a body that is %s is told so with status 400", async (_what, body) => {
    const { status, json } = await old.post(body);
    expect([status, json]).toEqual([
      400,
      { id: null, result: null, error: { type: "ParseError", message: expect.any(String), traceback: "" } },
    ]);
  });

  test("a body that is too large is told so with status 413", async () => {
    const small = await TestGateway.open({ frameBytes: 2048, batchBytes: 2048, messageBytes: 1024 });
    const program = new OldClient(small.port);
    const { status, json } = await program.post(JSON.stringify({ method: "get", params: ["x".repeat(4000)] }));
    expect([status, json.error.type]).toEqual([413, "MessageTooLarge"]);
    const token = await program.call("connect_oneway");
    const large = program.call("send_message", token, "a:b", ["x".repeat(1500)], {});
    await expect(large).rejects.toMatchObject({ type: "MessageTooLarge" });
    await small.close();
  });

  test("a hop limit ends what goes round", async () => {
    const token = await old.call("connect_oneway");
    const body = JSON.stringify({ method: "send_message", params: [token, "a:b", [], {}] });
    const after = async (hops: string) => (await old.post(body, { "berrymq-hops": hops })).json.error?.type;
    expect([await after("99"), await after("100"), await after("x")]).toEqual([
      undefined,
      "HopLimit",
      "InvalidArgument",
    ]);
    expect((await old.post(body, { "berrymq-id": "%ff" })).json.error.type).toBe("InvalidArgument");
  });
});

test("whatever comes, it is answered, never with a fault of the gateway's, and the next caller is served", async () => {
  const token = await old.call("connect_via_queue", fresh());
  const methods = [
    "interconnect",
    "connect_oneway",
    "connect_via_queue",
    "send_message",
    "get_nowait",
    "close_connection",
  ];
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom("__proto__", "a:b", "*", 1e308, -1));
  const request = fc.record({
    id: fc.jsonValue(),
    method: fc.oneof(fc.constantFrom(...methods, "constructor", "__proto__"), fc.jsonValue()),
    params: fc.oneof(fc.array(value, { maxLength: 5 }), fc.jsonValue()),
  });
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    request.map((each) => JSON.stringify(each)),
    fc.uint8Array({ maxLength: 64 }),
  );
  const where = fc.constantFrom("/JSON", "/");
  await fc.assert(
    fc.asyncProperty(body, where, async (bytes, path) => {
      const { status, text, json } = await old.post(bytes, {}, path);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/\n\s+at |INTERNAL|Internal/);
      if (path === "/JSON")
        expect(json).toMatchObject({ error: expect.toSatisfy((e) => e === null || e.traceback === "") });
    }),
    { numRuns: 400 },
  );
  await expect(old.call("get_nowait", token)).rejects.toMatchObject({ type: "Empty" });
}, 60_000);
