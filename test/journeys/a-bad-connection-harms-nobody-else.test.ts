// Whatever comes at the port, the connection that brought it is answered or closed; every other one goes on.
import { once } from "node:events";
import { request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient } from "./raw-client.ts";
import { batch, follow, following, residentMiB } from "./requests.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
let gateway: Gateway;
let witness: RawClient;
let memory: number;

beforeAll(async () => {
  gateway = await Gateway.start();
  witness = new RawClient(gateway.url);
  await witness.unary("PublisherService/Publish", batch({}));
  memory = residentMiB(gateway.pid);
});
afterAll(async () => {
  witness.close();
  expect(await gateway.stop()).toBe(0);
});
/** A connection from before goes on, a new one is served, and the gateway keeps its size. */
afterEach(async () => {
  await witness.unary("PublisherService/Publish", batch({}));
  const other = new RawClient(gateway.url);
  await other.unary("PublisherService/Publish", batch({}));
  other.close();
  expect(residentMiB(gateway.pid) - memory).toBeLessThan(200);
});

async function open(): Promise<Socket> {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {}); // a connection that is reset was closed
  await once(socket, "connect");
  return socket;
}

/** Sends the bytes and the end, and tells what came back until the connection was closed. */
async function exchange(bytes: Uint8Array): Promise<string> {
  const socket = await open();
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  socket.end(bytes);
  if (!socket.closed) await once(socket, "close");
  return answer;
}

describe("bytes that are no protocol", () => {
  test("get HTTP's answer to a bad request", async () => {
    expect(await exchange(Buffer.from("what is this?\r\n\r\n"))).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  });

  test("random ones are answered or closed, whatever they are", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 2000 }),
      fc.uint8Array({ maxLength: 500 }).map((tail) => Buffer.concat([PREFACE, tail])),
      fc.uint8Array({ maxLength: 500 }).map((tail) => Buffer.concat([Buffer.from("GET / HTTP/1.1\r\n"), tail])),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const socket = await open();
        socket.resume();
        socket.end(sent);
        // What may be the beginning of a request is waited for: nobody has to wait for it here.
        socket.destroy();
      }),
      { numRuns: 200 },
    );
  });

  test("random ones after HTTP/2's preface end the connection", async () => {
    await exchange(Buffer.concat([PREFACE, Buffer.alloc(2000, 0xff)]));
  });
});

describe("a preface", () => {
  test("byte by byte is a preface", async () => {
    const socket = await open();
    for (const byte of PREFACE) socket.write(Buffer.of(byte));
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])); // an empty SETTINGS frame
    const [answer] = await once(socket, "data");
    expect((answer as Buffer)[3]).toBe(4);
    socket.destroy();
  });

  test("of HTTP/1.1 byte by byte is a request", async () => {
    const socket = await open();
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    for (const letter of "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") socket.write(letter);
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test("that goes wrong after its first letters is a bad request", async () => {
    expect(await exchange(Buffer.from("PRI * HTTP/3.0\r\n\r\n"))).toMatch(/^HTTP\/1\.1 (400|505)/);
  });
});

describe("silence", () => {
  test("a hundred connections that say nothing, or half a preface, keep nobody waiting", async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, open));
    sockets.forEach((socket, index) => socket.write(PREFACE.subarray(0, index % PREFACE.length)));
    await witness.unary("PublisherService/Publish", batch({}));
    for (const socket of sockets) socket.destroy();
  });
});

describe("headers", () => {
  test("of HTTP/1.1 that are huge are refused with 431", async () => {
    const answer = await new Promise<number | undefined>((resolve) => {
      const sent = request({ port: gateway.port, headers: { huge: "x".repeat(20_000) } }, ({ statusCode }) =>
        resolve(statusCode),
      );
      sent.on("error", () => resolve(undefined));
      sent.end();
    });
    expect(answer).toBe(431);
  });

  test("of gRPC that are huge end their call or their connection", async () => {
    const bad = new RawClient(gateway.url);
    const refused = await bad.refusal("PublisherService/Publish", batch({}), { huge: "x".repeat(1_000_000) });
    expect(refused.code).not.toBe("OK");
    bad.close();
  });
});

describe("calls", () => {
  test("that there are not are told so", async () => {
    for (const call of ["/berrymq.v1.PublisherService/Nothing", "/nobody.Nothing/Never"]) {
      expect((await witness.refusal(call, Buffer.alloc(0))).code).toBe("UNIMPLEMENTED");
    }
  });

  test("no more than 1000 streams are open on one connection; the next waits for its turn", async () => {
    const session = connectHttp2(`http://${gateway.url}`);
    session.on("error", () => {});
    const [settings] = (await once(session, "remoteSettings")) as [{ maxConcurrentStreams?: number }];
    expect(settings.maxConcurrentStreams).toBe(1000);
    const headers = {
      ":method": "POST",
      ":path": "/berrymq.v1.FollowerService/Follow",
      "content-type": "application/grpc",
      te: "trailers",
    };
    const frame = (bytes: Uint8Array) => Buffer.concat([Buffer.of(0, 0, 0, 0, bytes.length), bytes]);
    let answered = 0;
    for (let i = 0; i < 1000; i++) {
      const stream = session.request(headers);
      stream.on("error", () => {});
      stream.once("data", () => answered++);
      stream.write(frame(follow({ add: [{ pattern: "many:x" }], revision: 1n })));
    }
    await until("a thousand follow", () => answered === 1000);
    session.destroy();
  });
});

describe("a follow", () => {
  const stream = () => witness.stream("FollowerService/Follow");

  test("with 10001 patterns is refused, naming the limit, and one with 10000 is not", async () => {
    const patterns = (count: number) => Array.from({ length: count }, (_, i) => ({ pattern: `p${i}:x` }));
    const bad = stream();
    await bad.write(follow({ add: patterns(10_001) }));
    expect(await bad.end()).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "LIMIT_REACHED",
      message: expect.stringContaining("10000"),
    });
    const good = stream();
    await good.write(follow({ add: patterns(10_000), revision: 1n }));
    await good.response(1);
    good.call.cancel();
  });

  test("of what is no pattern is refused, quoting it", async () => {
    for (const pattern of ["", "te*t:x", "a:", "a@*:b", `a${"\u0007"}:b`]) {
      const bad = stream();
      await bad.write(follow({ add: [{ pattern }] }));
      expect(await bad.end()).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_IDENTIFIER" });
    }
  });

  test("of a pattern of 1 MiB is refused without sending it back", async () => {
    const bad = stream();
    await bad.write(follow({ add: [{ pattern: `\u0007${"x".repeat(1024 * 1024)}` }] }));
    const refused = await bad.end();
    expect(refused).toMatchObject({ reason: "INVALID_IDENTIFIER" });
    expect(refused!.message.length).toBeLessThan(1000);
  });

  test("that is not well-formed is refused", async () => {
    const bad = stream();
    await bad.write(Buffer.of(0x12, 0x7f, 0x00));
    expect(await bad.end()).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_MESSAGE" });
  });

  test("with all the credit that can be written goes on", async () => {
    const ok = stream();
    await following(ok, "credit:x");
    await ok.write(follow({ credit: 2n ** 64n - 1n, revision: 2n }));
    await ok.response(2);
    ok.call.cancel();
  });

  test("whose requests are never answered to anybody does not fill the gateway", async () => {
    const greedy = new RawClient(gateway.url);
    const bad = greedy.stream("FollowerService/Follow");
    bad.freeze();
    const request = follow({ add: [{ pattern: "greedy:x", source: "y".repeat(500) }], revision: 1n });
    const before = residentMiB(gateway.pid);
    for (let i = 0; i < 20_000; i++) bad.call.write(Buffer.from(request));
    let waiting = -1;
    await until("the gateway reads no more of them", async () => {
      const before = waiting;
      await stillUp();
      waiting = bad.call.writableLength;
      return waiting > 0 && waiting === before;
    });
    expect(residentMiB(gateway.pid) - before).toBeLessThan(100);
    greedy.close();
  });
});

/** The time of some calls. */
async function stillUp(): Promise<void> {
  for (let i = 0; i < 20; i++) await witness.unary("PublisherService/Publish", batch({}));
}
