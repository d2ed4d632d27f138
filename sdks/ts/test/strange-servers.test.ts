// What answers at an address need not be a gateway: whatever it says, users hear of it as berryMQ's errors, and nothing else breaks.
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createPlainServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { BerryMQError, Bus, Message } from "../src/index.js";
import { Gateway } from "./support/gateway.js";
import { take } from "./support/until.js";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Its `host:port`. */
async function listening(server: Server | ReturnType<typeof createPlainServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  if ("closeAllConnections" in server) closing.push(() => server.closeAllConnections());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function refusal(url: string, timeout = 0.5): Promise<BerryMQError> {
  const error = await new Bus().connect(url, { timeout }).then(
    () => undefined,
    (each) => each,
  );
  expect(error).toBeInstanceOf(BerryMQError);
  return error as BerryMQError;
}

const answers: Record<string, RequestListener> = {
  "no such page": (_request, response) => response.writeHead(404).end("nothing here"),
  "a page": (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>hello"),
  "events that are no JSON": (_request, response) =>
    response.writeHead(200).write("event: subscription\ndata: {no\n\n"),
  "events without an end": (_request, response) => response.writeHead(200).write(`data: ${"x".repeat(100_000)}`),
  "an answer that breaks off": (_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("{");
    setImmediate(() => response.destroy());
  },
  "a problem": (_request, response) =>
    response.writeHead(503).end('{"detail":"closed for today","reason":"DRAINING","retryable":true}'),
};

describe("over http://", () => {
  it.each(Object.keys(answers))("%s is refused as berryMQ refuses", async (name) => {
    const host = await listening(createServer(answers[name]!));
    expect(["UNAVAILABLE", "NOT_SUPPORTED"]).toContain((await refusal(`http://${host}`)).reason);
  });

  it("what speaks no HTTP is unavailable", async () => {
    const host = await listening(createPlainServer((socket) => void socket.end("220 smtp\r\n")));
    expect((await refusal(`http://${host}`)).reason).toBe("UNAVAILABLE");
  });
});

describe("over ws://", () => {
  it.each([
    ["no JSON", "no JSON"],
    ["a list", "[1,2]"],
    ["null", "null"],
    ["an answer to nobody", '{"jsonrpc":"2.0","id":77,"result":{}}'],
    ["a refusal without an id", '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}'],
    ["a message for nobody", '{"jsonrpc":"2.0","method":"follow.message","params":{"message":{}}}'],
  ])("whoever says %s is unavailable", async (_name, text) => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => socket.send(text));
    const host = await listening(server);
    expect((await refusal(`ws://${host}`)).reason).toBe("UNAVAILABLE");
    sockets.close();
  });

  it("a page that is no WebSocket is unavailable", async () => {
    const host = await listening(createServer(answers["no such page"]!));
    expect((await refusal(`ws://${host}`)).message).toContain(`ws://${host}`);
  });

  it("follows that the gateway refuses end the connection with its reason", async () => {
    const server = createServer();
    new WebSocketServer({ server }).on("connection", (socket) =>
      socket.on("message", (text) => {
        const { id } = JSON.parse(String(text));
        const error = { code: -32007, message: "too many patterns", data: { reason: "NO_SUCH_REASON" } };
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, error }));
      }),
    );
    const error = await refusal(`ws://${await listening(server)}`, 5);
    expect([error.reason, error.message]).toEqual(["INTERNAL", "NO_SUCH_REASON: too many patterns"]);
  });
});

describe.each(["http", "ws"])("over %s://", (scheme) => {
  it("a connection that breaks is told to whoever waits, and restored", async () => {
    await using gateway = await Gateway.start();
    const bus = await new Bus().connect(`${scheme}://${gateway.url}`);
    bus.onError(() => {});
    const queue = await bus.queue("s1:*");
    const deliveries = queue.consume();
    const next = deliveries.next();
    const asking = bus
      .within(20)
      .ask("s1ask:x")
      .catch((error) => error.reason);
    await gateway.stop("SIGKILL");
    expect(["NO_FOLLOWERS", "UNAVAILABLE"]).toContain(await asking);
    await expect(queue.qsize()).rejects.toThrow(expect.objectContaining({ reason: "UNAVAILABLE" }));
    await using _again = await Gateway.start(gateway.port);
    await bus.publish("s0:x");
    expect(await queue.empty()).toBe(true);
    await bus.publish("s1:x", "after");
    const { value: delivery } = await next;
    expect(delivery!.message.args).toEqual(["after"]);
    await delivery!.ack();
    await bus.close();
  });

  it("a message is the same bytes there as here, whatever it holds", async () => {
    await using gateway = await Gateway.start();
    const bus = await new Bus().connect(`${scheme}://${gateway.url}`);
    const there = await new Bus().connect(gateway.url);
    const given = [
      new Message("s4:x"),
      new Message("s4:x", 1.5, 2n ** 64n, "ä\u0000"),
      new Message("s4:x").with({ payload: Buffer.from('{ "args": [1.0], "kwargs": {} }'), contentType: "" }),
      new Message("s4:x").with({ payload: Buffer.from("[1.0, -0]"), contentType: "application/json" }),
      new Message("s4:x").with({ payload: Buffer.of(0xff, 0), contentType: "text/plain" }),
    ];
    const streams = [bus, there].map((each) => each.follow("s4:*"));
    const queue = await bus.queue("s4:*");
    await Promise.all([bus.flush(), there.flush()]);
    for (const each of given) await bus.publish(each);
    const checksums = given.map(({ checksum }) => checksum);
    for (const stream of streams)
      expect((await take(stream, given.length)).map((each) => each.checksum)).toEqual(checksums);
    expect((await queue.getMany(given.length)).map((each) => each.checksum)).toEqual(checksums);
    for (const each of given) await there.publish(each.with({ messageId: `${each.messageId}-again` }));
    const again = (await take(streams[0]!, given.length)).map((each) => each.payload.toString("hex"));
    expect(again).toEqual(given.map((each) => each.payload.toString("hex")));
    await Promise.all([bus.close(), there.close()]);
  });

  it("a get that was given up takes nothing with it", async () => {
    await using gateway = await Gateway.start();
    const bus = await new Bus().connect(`${scheme}://${gateway.url}`);
    const queue = await bus.queue("s2:*");
    for (let n = 0; n < 20; n++) {
      const stop = new AbortController();
      const got = queue.get({ signal: stop.signal }).catch((error: Error) => error.name);
      const sent = bus.publish("s2:x", n);
      if (n % 2 === 0) stop.abort();
      else void sent.then(() => stop.abort());
      const message = await got;
      await sent;
      const kept = typeof message === "string" ? await queue.get({ timeout: 5 }) : message;
      expect(kept!.args).toEqual([n]);
    }
    await bus.close();
  });

  it("refusals of the gateway are the classes of their reasons", async () => {
    await using gateway = await Gateway.start();
    const bus = await new Bus().connect(`${scheme}://${gateway.url}`);
    const queue = await bus.queue("s3:*", { shared: true, maxMessages: 1, lease: 0.1 });
    await bus.publish("s3:x");
    await expect(bus.publish("s3:x")).rejects.toMatchObject({ reason: "QUEUE_FULL", retryable: true });
    await expect(bus.queue("s3:*", { shared: true, lease: 5 })).rejects.toMatchObject({ reason: "QUEUE_EXISTS" });
    expect((await bus.queue({ name: "s3:*", shared: true })).patterns).toEqual(["s3:*"]);
    await expect(bus.queue("s3:x", { lease: 1e9 })).rejects.toMatchObject({ reason: "INVALID_ARGUMENT" });
    await expect(queue.redrive()).rejects.toBeInstanceOf(BerryMQError);
    const delivery = await queue.get({ autoAck: false });
    await queue.delete();
    await expect(delivery!.ack()).rejects.toBeInstanceOf(BerryMQError);
    await bus.close();
  });
});
