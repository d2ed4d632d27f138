// Consumers that messages are pushed to: COMET, WebSocket and SSE, one at a time and together.
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestGateway } from "../../../testing/gateway.js";
import { Wire } from "../../../testing/wire.js";

let gateway: TestGateway;
let wires: Wire[];
beforeEach(async () => {
  gateway = await TestGateway.open();
  wires = [];
});
afterEach(async () => {
  for (const wire of wires) wire.close();
  await gateway.close();
});

const url = (path: string) => `http://127.0.0.1:${gateway.port}${path}`;
const form = (fields: Record<string, string>) => ({ method: "POST", body: new URLSearchParams(fields) });
const add = async (value: string, queue = "x") =>
  expect((await fetch(url(`/q/${queue}`), form({ value }))).status).toBe(200);
const set = async (path: string, fields: Record<string, string>) =>
  expect((await fetch(url(path), form(fields))).ok).toBe(true);
const length = async (queue = "x") => ((await (await fetch(url(`/stats/${queue}`))).json()) as { len: number }).len;

/** A consumer whose answer has begun. */
async function consumer(path: string, version = "1.1", headers = ""): Promise<Wire> {
  const wire = await Wire.open(gateway.port);
  wires.push(wire);
  wire.socket.write(`GET ${path} HTTP/${version}\r\nHost: x\r\n${headers}\r\n`);
  await wire.until(() => wire.text.includes("\r\n\r\n"));
  return wire;
}

const bodyOf = (wire: Wire) => wire.text.slice(wire.text.indexOf("\r\n\r\n") + 4);
const frame = (number: number, value: string) => `{"key": "x:${number}", "value": "${value}"}`;
const valuesOf = (wire: Wire) => [...wire.text.matchAll(/"value": "([^"]*)"/g)].map(([, value]) => value);
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("COMET", () => {
  test("sends HTTP/1.1 clients the head at once, and a chunk for each message", async () => {
    const wire = await consumer("/c/x");
    expect(wire.text).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Content-Type: text\/plain\r\n/);
    expect(wire.text.toLowerCase()).toContain("transfer-encoding: chunked");
    await add("one");
    await add("two");
    await wire.until(() => valuesOf(wire).length === 2);
    expect(bodyOf(wire)).toBe(chunk(`${frame(1, "one")}\r\n`) + chunk(`${frame(2, "two")}\r\n`));
  });

  test("sends HTTP/1.0 clients the bare frames until the connection ends", async () => {
    const wire = await consumer("/c/x", "1.0", "User-Agent: Twisted client\r\n");
    expect(wire.text.toLowerCase()).not.toContain("transfer-encoding");
    await add("one");
    await wire.until(() => valuesOf(wire).length === 1);
    expect(bodyOf(wire)).toBe(`${frame(1, "one")}\r\n`);
    expect(wire.closed).toBe(false);
  });

  test("writes each message of a backlog on its own, in order, without an end", async () => {
    for (let number = 1; number <= 30; number++) await add(String(number));
    const wire = await consumer("/c/x", "1.0");
    await wire.until(() => valuesOf(wire).length === 30);
    expect(valuesOf(wire)).toEqual(Array.from({ length: 30 }, (_, at) => String(at + 1)));
    expect(await length()).toBe(0);
  });

  test("wraps for a callback", async () => {
    const wire = await consumer("/c/x?callback=cb", "1.0");
    await add("one");
    await wire.until(() => valuesOf(wire).length === 1);
    expect(bodyOf(wire)).toBe(`cb(${frame(1, "one")});\r\n`);
  });

  test("may come before the queue, and makes none", async () => {
    await consumer("/c/x");
    expect(await (await fetch(url("/q/"))).text()).not.toContain("/q/x");
  });

  test("what comes after the client left stays", async () => {
    const wire = await consumer("/c/x", "1.0");
    await add("one");
    await wire.until(() => valuesOf(wire).length === 1);
    wire.close();
    const added = () => add("more").then(() => length());
    await expect.poll(added, { timeout: 10_000 }).toBeGreaterThan(0);
  });

  test("stop halts it, start goes on in order, and whoever asks gets meanwhile", async () => {
    await add("zero");
    const wire = await consumer("/c/x", "1.0");
    await wire.until(() => valuesOf(wire).length === 1);
    await set("/control/x", { status: "stop" });
    for (const value of ["one", "two", "three"]) await add(value);
    expect(await (await fetch(url("/q/x"))).json()).toMatchObject({ value: "one" });
    expect(valuesOf(wire)).toEqual(["zero"]);
    await set("/control/x", { status: "start" });
    await wire.until(() => valuesOf(wire).length === 3);
    expect(valuesOf(wire)).toEqual(["zero", "two", "three"]);
  });

  test("a purge ends it with null, and the connection is of use after", async () => {
    const wire = await consumer("/c/x");
    await fetch(url("/q/x"), { method: "DELETE" });
    await wire.until(() => bodyOf(wire).endsWith("0\r\n\r\n"));
    expect(bodyOf(wire)).toBe(`${chunk("null\r\n")}0\r\n\r\n`);
    wire.socket.write("GET /stats/x HTTP/1.1\r\nHost: x\r\n\r\n");
    await wire.until(() => wire.text.includes('"len": 0'));
  });

  test("a purge ends every consumer, also of a name with other letters", async () => {
    const consumers = await Promise.all([1, 2, 3, 4].map(() => consumer("/c/caf%C3%A9", "1.0")));
    await fetch(url("/q/caf%C3%A9"), { method: "DELETE" });
    for (const wire of consumers) await wire.until(() => wire.closed);
  });

  test("a drain ends it", async () => {
    const wire = await consumer("/c/x");
    const closing = gateway.close();
    await wire.until(() => bodyOf(wire).endsWith("0\r\n\r\n"));
    await closing;
  });

  test("one that reads nothing is ended, what it did not get goes to the next", async () => {
    await gateway.close();
    gateway = await TestGateway.open({ liveStallSeconds: 1 });
    const value = "v".repeat(1024 * 1024);
    const sleeper = await consumer("/c/x", "1.0");
    sleeper.socket.pause();
    for (let number = 1; number <= 12; number++) await add(value);
    const reader = await consumer("/c/x", "1.0");
    await reader.until(() => valuesOf(reader).length > 0);
    sleeper.socket.resume();
    await sleeper.until(() => sleeper.closed);
    await expect.poll(() => length(), { timeout: 10_000 }).toBe(0);
    await reader.until(() => {
      const keys = new Set(
        [...(sleeper.text + reader.text).matchAll(/"key": "(x:\d+)", "value": "v+"\}/g)].map(([, key]) => key),
      );
      return keys.size === 12;
    });
  }, 30_000);
});

describe("policies", () => {
  test("broadcast: every consumer, whatever it is, gets every message in order", async () => {
    const comet = await consumer("/c/x", "1.0");
    const sse = await consumer("/sse/x", "1.0");
    const socket = new WebSocket(url("/ws/x").replace("http", "ws"));
    const heard: string[] = [];
    socket.on("message", (data) => heard.push(JSON.parse(String(data)).value));
    await once(socket, "open");
    const values = Array.from({ length: 10 }, (_, at) => `v${at}`);
    for (const value of values) await add(value);
    await comet.until(() => valuesOf(comet).length === 10 && valuesOf(sse).length === 10 && heard.length === 10);
    expect([valuesOf(comet), valuesOf(sse), heard]).toEqual([values, values, values]);
    socket.terminate();
  });

  test("roundrobin: one after the other, message by message, nothing lost when one dies", async () => {
    await set("/p/x", { policy: "roundrobin" });
    const [one, two, three] = [
      await consumer("/c/x", "1.0"),
      await consumer("/c/x", "1.0"),
      await consumer("/sse/x", "1.0"),
    ];
    for (let number = 0; number < 9; number++) {
      await add(`v${number}`);
      await one.until(() => [one, two, three].flatMap(valuesOf).length === number + 1);
    }
    expect([one, two, three].map((wire) => valuesOf(wire).length)).toEqual([3, 3, 3]);
    two.close();
    for (let number = 9; number < 40; number++) await add(`v${number}`);
    await one.until(() => new Set([one, two, three].flatMap(valuesOf)).size >= 39);
  });
});

describe("WebSocket", () => {
  const open = async (path: string, headers: Record<string, string> = {}) => {
    const socket = new WebSocket(url(path).replace("http", "ws"), { headers });
    await once(socket, "open");
    return socket;
  };

  test("gets a text frame for each message, needs no origin, and is echoed", async () => {
    const socket = await open("/ws/x");
    const heard: string[] = [];
    socket.on("message", (data) => heard.push(String(data)));
    socket.send("hello");
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["hello"]);
    await add("one");
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["hello", frame(1, "one")]);
    expect(await length()).toBe(0);
    socket.terminate();
  });

  test("a purge closes it with 1000, a drain with 1001", async () => {
    const [purged, drained] = [await open("/ws/x"), await open("/ws/y")];
    await fetch(url("/q/x"), { method: "DELETE" });
    expect((await once(purged, "close"))[0]).toBe(1000);
    const closed = once(drained, "close");
    await gateway.close();
    expect((await closed)[0]).toBe(1001);
  });

  test("what is too large is closed with 1009", async () => {
    const socket = await open("/ws/x");
    const closed = once(socket, "close");
    socket.on("error", () => {});
    socket.send("x".repeat(100_000));
    expect((await closed)[0]).toBe(1009);
  });

  test("without an upgrade it is 403, with another version 426, with another path 404", async () => {
    expect((await fetch(url("/ws/x"))).status).toBe(403);
    const ask = (path: string, version: number) =>
      Wire.ask(
        gateway.port,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
    expect(await ask("/ws/x", 99)).toMatch(/^HTTP\/1\.1 426 /);
    expect(await ask("/ws/", 13)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask("/other", 13)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("SSE", () => {
  test("sends an event for each message, with its key as id", async () => {
    const wire = await consumer("/sse/x", "1.0");
    expect(wire.text.toLowerCase()).toContain("content-type: text/event-stream\r\ncache-control: no-cache");
    await add("one");
    await wire.until(() => valuesOf(wire).length === 1);
    expect(bodyOf(wire)).toBe(`id: x:1\ndata: ${frame(1, "one")}\n\n`);
  });

  test("who comes back with Last-Event-ID gets what his connection swallowed, and then what is new", async () => {
    const first = await consumer("/sse/x", "1.0");
    for (const value of ["one", "two", "three"]) await add(value);
    await first.until(() => valuesOf(first).length === 3);
    first.close();
    const again = await consumer("/sse/x", "1.0", "Last-Event-ID: x:1\r\n");
    await add("four");
    await again.until(() => valuesOf(again).length === 3);
    expect(valuesOf(again)).toEqual(["two", "three", "four"]);
  });

  test("an id that is unknown continues nothing", async () => {
    const wire = await consumer("/sse/x", "1.0", "Last-Event-ID: y:1\r\n");
    await add("one");
    await wire.until(() => valuesOf(wire).length === 1);
    expect(valuesOf(wire)).toEqual(["one"]);
  });
});
