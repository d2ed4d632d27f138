import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocketChannel } from "../src/transports/websocket/channel.js";
import type { Socket } from "../src/transports/websocket/socket.js";

const SILENCE = 20_000;

class FakeSocket implements Socket {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly said: { id: number; method: string; params: Record<string, unknown> }[] = [];
  closed = false;

  send(text: string): void {
    this.said.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.({} as never);
  }

  says(what: object): void {
    this.onmessage?.({ data: JSON.stringify({ jsonrpc: "2.0", ...what }) } as never);
  }
}

let socket: FakeSocket;
let channel: WebSocketChannel;
let address = "";
beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
  channel = new WebSocketChannel("h:1", { session: "s&1", ident: "é" }, (url) => {
    address = url;
    return socket;
  });
});
afterEach(() => {
  channel.close();
  vi.useRealTimers();
});

const heard: unknown[] = [];
const listener = {
  heard: (event: string, params: unknown) => void heard.push([event, params]),
  ended: (error: unknown) => void heard.push(["ended", (error as { reason?: string })?.reason]),
};
beforeEach(() => void heard.splice(0));

it("says who it is, and what it was told before the socket stood, in order", async () => {
  const first = channel.call("one", {});
  void channel.call("two", {}).catch(() => {});
  expect([address, socket.said]).toEqual(["ws://h:1/rpc?session=s%261&ident=%C3%A9&payload=base64", []]);
  socket.open();
  expect(socket.said.map(({ method }) => method)).toEqual(["one", "two"]);
  socket.says({ id: 1, result: 7 });
  expect(await first).toBe(7);
});

it("updates what it listens to as soon as the gateway has named it, and ends it even before", () => {
  socket.open();
  const one = channel.subscribe("follow", { credit: 1 }, listener);
  const two = channel.subscribe("consume", { queue: "q" }, listener);
  one.update({ revision: 2 });
  two.end();
  expect(socket.said.map(({ method }) => method)).toEqual(["follow", "consume"]);
  socket.says({ id: 1, result: { subscription: "f" } });
  socket.says({ id: 2, result: { subscription: "c" } });
  expect(socket.said.slice(2).map(({ method, params }) => [method, params])).toEqual([
    ["follow.update", { subscription: "f", revision: 2 }],
    ["consume.end", { subscription: "c" }],
  ]);
  socket.says({ method: "follow.applied", params: { subscription: "f", revision: 2 } });
  socket.says({ method: "consume.ended", params: { subscription: "c" } });
  socket.says({ method: "follow.ended", params: { subscription: "f", error: { reason: "TAKEN_OVER", message: "…" } } });
  socket.says({ method: "follow.applied", params: { subscription: "f", revision: 3 } });
  expect(heard).toEqual([
    ["applied", { subscription: "f", revision: 2 }],
    ["ended", "TAKEN_OVER"],
  ]);
});

it("asks a silent gateway whether it is there, and gives it up when it does not answer", async () => {
  socket.open();
  const waiting = channel.call("queue.get", {}).catch((error) => error.reason);
  channel.subscribe("follow", {}, listener);
  vi.advanceTimersByTime(SILENCE);
  socket.says({ method: "follow.message", params: {} });
  vi.advanceTimersByTime(2 * SILENCE);
  expect(socket.said.at(-1)!.method).toBe("queue.list");
  expect(socket.closed).toBe(false);
  vi.advanceTimersByTime(SILENCE);
  expect(socket.closed).toBe(true);
  expect(await waiting).toBe("UNAVAILABLE");
  expect(heard).toEqual([["ended", "UNAVAILABLE"]]);
  await expect(channel.call("any", {})).rejects.toMatchObject({ reason: "UNAVAILABLE", retryable: true });
});
