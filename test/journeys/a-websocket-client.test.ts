// Clients of the JSON doors in whole processes: one that is told of a drain, and those that read nothing.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient } from "./raw-client.ts";
import { batch, batches, residentMiB } from "./requests.ts";

const KIB = 1024;
const PAYLOAD = Buffer.alloc(64 * KIB);
const MESSAGES = 16;
/** 256 MiB in batches of 1 MiB. */
const BATCHES = 256;

let gateway: Gateway;
const sockets: { destroy?(): unknown; terminate?(): unknown }[] = [];
beforeEach(async () => {
  gateway = await Gateway.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) (socket.destroy ?? socket.terminate)?.call(socket);
  await gateway.kill();
});

// biome-ignore lint/suspicious/noExplicitAny: what comes is what the test says it is
type Said = any;

async function webSocket(): Promise<{ socket: WebSocket; heard: Said[] }> {
  const socket = new WebSocket(`ws://${gateway.url}/rpc`);
  sockets.push(socket);
  const heard: Said[] = [];
  socket.on("error", () => {});
  socket.on("message", (data) => heard.push(JSON.parse(String(data))));
  await once(socket, "open");
  return { socket, heard };
}

const request = (id: number, method: string, params: unknown) => JSON.stringify({ jsonrpc: "2.0", id, method, params });
const called = (heard: readonly Said[], method: string) => heard.filter((said) => said.method === method);

async function post(method: string, params: unknown): Promise<Said> {
  const body = request(1, method, params);
  const headers = { "content-type": "application/json" };
  return (await fetch(`http://${gateway.url}/rpc`, { method: "POST", body, headers })).json();
}

/** A connection that says something and then reads nothing. */
async function frozen(said: string): Promise<Socket> {
  const socket = connect(gateway.port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {}); // reset at the end
  socket.pause();
  await once(socket, "connect");
  socket.write(said);
  return socket;
}

/** A masked text frame of a client (RFC 6455 §5.2), its mask all zeros. */
function frame(text: string): string {
  const length = Buffer.byteLength(text);
  if (length >= 126) throw new Error("this frame is a short one");
  return `${String.fromCharCode(0x81, 0x80 | length)}\0\0\0\0${text}`;
}

const UPGRADE =
  "GET /rpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

async function frozenWebSocket(): Promise<Socket> {
  const socket = await frozen(UPGRADE);
  const follow = request(1, "follow", { add: [{ pattern: "load:*" }] });
  socket.write(Buffer.from(frame(follow), "latin1"));
  return socket;
}

const frozenEvents = () => frozen("GET /v1/follow?pattern=load:* HTTP/1.1\r\nHost: x\r\n\r\n");

describe("a WebSocket client that", () => {
  test("follows, consumes and waits while the gateway stops is told of all, and closed with 1001", async () => {
    const { socket, heard } = await webSocket();
    await post("queue.create", { queue: { name: "q" } });
    socket.send(request(1, "follow", { add: [{ pattern: "x:*" }] }));
    socket.send(request(2, "consume", { queue: "q" }));
    socket.send(request(3, "queue.get", { queue: "q", wait: 60 }));
    const status = async () => (await post("queue.describe", { queue: "q" })).result.status;
    await until("it consumes and waits", async () => (await status()).consumers === 2);
    const closed = once(socket, "close");
    const began = performance.now();
    const stopped = gateway.stop();
    expect((await closed)[0]).toBe(1001);
    expect(await stopped).toBe(0);
    expect(performance.now() - began).toBeLessThan(4000);
    for (const stream of ["follow", "consume"]) {
      const told = heard.map(({ method }) => method).filter((method) => method?.startsWith(`${stream}.`));
      expect(told.slice(-2)).toEqual([`${stream}.draining`, `${stream}.ended`]);
    }
    expect(heard.find(({ id }) => id === 3).error.data.reason).toBe("DRAINING");
  });

  test("reads nothing holds a drain up no longer than the limit", async () => {
    await frozenWebSocket();
    await frozenEvents();
    const publisher = await webSocket();
    const big = { identifier: "load:x", content_type: "text/plain", payload: "x".repeat(KIB * KIB) };
    await until("both follow", async () => (await post("publish", { message: big })).result.followers === 2);
    for (let i = 0; i < 12; i++) publisher.socket.send(request(i, "publish", [big]));
    await until("they are full", () => publisher.heard.length === 12);
    const began = performance.now();
    expect(await gateway.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(8000);
  }, 20_000);

  test("reads nothing costs a bounded buffer, as one of server-sent events does; who reads hears everything", async () => {
    const [still] = [await frozenWebSocket(), await frozenEvents()];
    const { socket, heard } = await webSocket();
    let messages = 0;
    socket.removeAllListeners("message");
    socket.on("message", (data: Buffer) => {
      if (data.length > PAYLOAD.length) messages++;
      else heard.push(JSON.parse(String(data)));
    });
    socket.send(request(1, "follow", { add: [{ pattern: "load:*" }] }));
    await until("all three follow", async () => {
      const { result } = await post("publish", { message: { identifier: "load:first" } });
      return result.followers === 3;
    });
    const client = new RawClient(gateway.url);
    const publisher = client.stream("PublisherService/PublishBatches");
    const load = batches(
      batch(...Array(MESSAGES).fill({ identifier: "load:x", payload: PAYLOAD, contentType: "x/y" })),
    );
    const before = residentMiB(gateway.pid);
    let most = before;
    for (let sent = 0; sent < BATCHES; sent++) {
      await until("the reader follows", () => messages >= (sent - 8) * MESSAGES, 20);
      await publisher.write(load);
      if (sent % 16 === 0) most = Math.max(most, residentMiB(gateway.pid));
    }
    await until("everything is heard", () => messages === BATCHES * MESSAGES, 20);
    // Two buffers of 32 MiB, what is under way, and what is not collected yet; without a bound it would be 700 MiB.
    expect(most - before).toBeLessThan(400);
    // The one that was still reads again: it lost the oldest, and is told how many.
    let lag: string | undefined;
    still.on("data", (chunk) => (lag ??= String(chunk).match(/"kwargs":\{"dropped":(\d+)\}/)?.[1]));
    still.resume();
    await until("it is told what it lost", () => lag !== undefined, 20);
    expect(Number(lag)).toBeGreaterThan(1000);
    expect(Number(lag)).toBeLessThan(BATCHES * MESSAGES);
    client.close();
  }, 60_000);

  test("lost its connection before its answer sends again, and what the gateway has is passed over", async () => {
    const { socket, heard } = await webSocket();
    socket.send(request(1, "follow", { add: [{ pattern: "once:*" }] }));
    await until("it follows", () => called(heard, "follow.applied").length === 1);
    const publish = async (resent: boolean) => {
      const lost = new WebSocket(`ws://${gateway.url}/rpc?session=counted`);
      sockets.push(lost);
      await once(lost, "open");
      const messages = [1, 2, 3].map((arg) => ({ identifier: "once:x", args: [arg] }));
      lost.send(request(1, "publish_batches", { batch: { messages }, first_sequence: 1, resent }));
      // The first connection breaks off before its answer is read.
      if (resent) return JSON.parse(String((await once(lost, "message"))[0])).result;
      await until("it has arrived", () => called(heard, "follow.message").length === 3);
      lost.terminate();
      return undefined;
    };
    await publish(false);
    expect(await publish(true)).toEqual({ through: 3, accepted: [], refused: [] });
    await post("publish", { message: { identifier: "once:last" } });
    await until("the last has come", () => called(heard, "follow.message").length >= 4);
    const identifiers = called(heard, "follow.message").map(({ params }) => params.message.identifier);
    expect(identifiers).toEqual(["once:x", "once:x", "once:x", "once:last"]);
  });
});
