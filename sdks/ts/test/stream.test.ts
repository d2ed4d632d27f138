import { describe, expect, it } from "vitest";
import { Clock } from "../src/clock.js";
import { followingOf, type Listener } from "../src/follower.js";
import { Batch, Message as Generated } from "../src/gen/berrymq/v1/message.js";
import { Bus, type Message } from "../src/index.js";
import { received } from "../src/message.js";
import { Stream } from "../src/stream.js";
import { MessageReader, type WireEnvelope } from "../src/wire/reader.js";
import { take } from "./support/until.js";

describe("a stream", () => {
  it("iterates over what is published from when it was made, in order", async () => {
    const bus = new Bus();
    void bus.publish("n:n", 0);
    const stream = bus.follow("n:n", "other:*");
    for (const n of [1, 2]) void bus.publish("n:n", n);
    void bus.publish("other:thing", 3);
    expect((await take(stream, 3)).map((message) => message.args[0])).toEqual([1, 2, 3]);
    const next = stream.next();
    void bus.publish("n:n", 4);
    expect((await next).value!.args[0]).toBe(4);
  });

  it("hears a message once though several of its patterns meet it", async () => {
    const bus = new Bus();
    const stream = bus.follow("n:n", "n:*", "*:n");
    void bus.publish("n:n", 1);
    void bus.publish("n:n", 2);
    expect((await take(stream, 2)).map((message) => message.args[0])).toEqual([1, 2]);
  });

  it("lets the oldest go when its buffer is full, and says how many", async () => {
    const bus = new Bus();
    const stream = bus.follow("n:n", { maxMessages: 3 });
    for (let n = 0; n < 10; n++) void bus.publish("n:n", n);
    const lags: unknown[] = [];
    bus.followingFunction("berrymq:lag", (message) => lags.push(message.kwargs));
    const rest = await take(stream, 3);
    expect(lags).toEqual([{ dropped: 7, pattern: "n:n" }]);
    expect(rest.map((message) => message.args[0])).toEqual([7, 8, 9]);
  });

  it("is bounded in bytes, too", async () => {
    const bus = new Bus();
    const stream = bus.follow("n:n", { maxBytes: 2500 });
    for (let n = 0; n < 5; n++) void bus.publish("n:n", Buffer.alloc(1000, n));
    const rest = await take(stream, 2);
    expect(rest.map((message) => message.args[0][0])).toEqual([3, 4]);
  });

  it("ends with its signal, with break, with close", async () => {
    const bus = new Bus();
    const stop = new AbortController();
    const stream = bus.follow("n:n", { signal: stop.signal });
    const waiting = stream.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
    expect(bus.showFollowers()).toEqual([]);
    void Promise.resolve().then(() => bus.publish("n:n"));
    for await (const _ of bus.follow("n:n")) break;
    expect(bus.showFollowers()).toEqual([]);
    {
      await using _ = bus.follow("n:n");
      expect(bus.showFollowers()).toEqual(["n:n"]);
    }
    expect(bus.showFollowers()).toEqual([]);
  });

  it("ends with what is thrown into it, or returned", async () => {
    const bus = new Bus();
    const through = async function* () {
      yield* bus.follow("n:n");
    };
    const thrown = through();
    const next = thrown.next();
    await bus.publish("n:n", 1);
    expect((await next).value?.args[0]).toBe(1);
    await expect(thrown.throw(new Error("thrown in"))).rejects.toThrow("thrown in");
    expect(await bus.follow("n:n").return("given back")).toEqual({ done: true, value: "given back" });
    expect(bus.showFollowers()).toEqual([]);
  });

  it("says what it takes instead of what it was given", () => {
    const bus = new Bus() as unknown as { follow(...all: unknown[]): unknown };
    for (const all of [[], [{}], [["a:b"]], [5], ["a:b", null], ["a:b", 5]]) {
      expect(() => bus.follow(...all)).toThrow(
        'follow takes patterns, then perhaps options: follow("door:*", "light:*"',
      );
    }
    expect(() => bus.follow("a:b", { maxMessages: 0 })).toThrow("maxMessages is a number from 1, not 0");
    expect(() => bus.follow("a:b", 7, {})).toThrow("an identifier is a string, not 7");
    expect(bus.follow("a:b", undefined)).toBeDefined();
  });

  it("keeps no large batch alive for the few messages of it that wait", async () => {
    const listeners: Listener[] = [];
    const add = (listener: Listener) => {
      listeners.push(listener);
      return followingOf("rare:*", () => {});
    };
    const clock = new Clock();
    const stream = new Stream(["rare:*"], {
      clock,
      add,
      lagged: () => {},
      begun: () => {},
      gone: () => {},
      taken: () => {},
    });
    const messages = Array.from({ length: 100 }, (_, i) =>
      Generated.create({ id: String(i), identifier: i === 50 ? "rare:x" : "often:x", payload: Buffer.alloc(1000) }),
    );
    const bytes = Buffer.from(Batch.encode({ messages }).finish());
    const envelopes: WireEnvelope[] = [];
    new MessageReader().batch(bytes, 0, bytes.length, (each) => envelopes.push(each));
    const rare = envelopes[50]!;
    const kept: Message = received(rare);
    listeners[0]!.hear(kept);
    expect(rare.pinned.length).toBe(bytes.length);
    listeners[0]!.heardBatch(bytes.length);
    expect(rare.pinned.length).toBe(rare.size);
    expect((await stream.next()).value!.messageId).toBe("50");
  });
});
