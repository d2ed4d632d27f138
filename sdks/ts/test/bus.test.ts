import { describe, expect, it, vi } from "vitest";
import {
  Bus,
  Closed,
  InvalidArgument,
  InvalidIdentifier,
  kwargs,
  Message,
  ReservedIdentifier,
  Unavailable,
} from "../src/index.js";
import { until } from "./support/until.js";

describe("a bus without a gateway", () => {
  it("calls the followers whose pattern matches, synchronously and in order of registration", () => {
    const bus = new Bus();
    const heard: string[] = [];
    bus.followingFunction("*:log", (message) => heard.push(`any ${message.id}`));
    bus.followingFunction("task:log", (message) => heard.push(`exact ${message.args[0]}`));
    bus.followingFunction("task:stop", () => heard.push("never"));
    void bus.publish("task:log", "hello");
    expect(heard).toEqual(["any task:log", "exact hello"]);
  });

  it("reaches every intersecting pattern when the published identifier holds a wildcard", () => {
    const bus = new Bus();
    const heard: string[] = [];
    for (const pattern of ["a:stop", "b:stop", "a:run"]) bus.followingFunction(pattern, () => heard.push(pattern));
    void bus.twitter("*:stop");
    expect(heard).toEqual(["a:stop", "b:stop"]);
  });

  it("tells whom a message reached", async () => {
    const bus = new Bus();
    bus.followingFunction("a:b", () => {});
    const stream = bus.follow("a:*");
    await bus.queue("a:b");
    const receipt = await bus.publish("a:b");
    expect(receipt).toMatchObject({ followers: 2, queues: 1 });
    stream.close();
    expect((await stream.next()).value?.messageId).toBe(receipt.messageId);
  });

  it("hands over args, kwargs and everything else as they were given", () => {
    const bus = new Bus("me");
    const when = new Date();
    let heard: Message | undefined;
    bus.followingFunction("a", (message) => {
      heard = message;
    });
    void bus.publish("a@space:b", 0);
    expect(heard).toBeUndefined();
    void bus.publish(new Message("a:b", when, kwargs({ level: 3 })).with({ attributes: { trace: "1" }, ttl: 60 }));
    expect(heard).toMatchObject({ id: "a:b", name: "a", action: "b", namespace: "", sender: "me", hops: 0 });
    expect(heard!.args[0]).toBe(when);
    expect(heard!.kwargs).toEqual({ level: 3 });
    expect(heard!.attributes).toEqual({ trace: "1" });
    expect(heard!.apply(({ level }) => level)).toBe(3);
    expect(heard!.expiresAt!.getTime()).toBeGreaterThan(heard!.publishedAt!.getTime());
  });

  it("asks the guard first", () => {
    const bus = new Bus();
    const heard: number[] = [];
    bus.followingFunction("n:n", (message) => heard.push(message.args[0]), { guard: (message) => message.args[0] > 1 });
    for (const n of [1, 2, 3]) void bus.publish("n:n", n);
    expect(heard).toEqual([2, 3]);
  });

  it("is not disturbed by a handler that throws; onError is told of message and handler", async () => {
    const bus = new Bus();
    const told: unknown[] = [];
    bus.onError((error, message, handler) => told.push((error as Error).message, message?.id, typeof handler));
    let called = false;
    bus.followingFunction("a:b", () => {
      throw new Error("sync");
    });
    bus.followingFunction("a:b", async () => {
      throw new Error("async");
    });
    bus.followingFunction("a:b", () => {
      called = true;
    });
    await bus.publish("a:b");
    expect(called).toBe(true);
    await until(() => told.length === 6);
    expect(told).toEqual(["sync", "a:b", "function", "async", "a:b", "function"]);
  });

  it("is not disturbed by a callback of onError that fails; both errors go to the console", async () => {
    const bus = new Bus();
    const shown = vi.spyOn(console, "error").mockImplementation(() => {});
    let calls = 0;
    bus.followingFunction("a:b", () => {
      throw new Error("the handler");
    });
    bus.followingFunction("a:b", async () => {
      throw new Error("the async handler");
    });
    bus.followingFunction("a:b", () => calls++);
    bus.onError(() => {
      throw new Error("the callback");
    });
    await bus.publish("a:b");
    bus.onError(async () => Promise.reject(new Error("the async callback")) as Promise<void>);
    await bus.publish("a:b");
    await until(() => shown.mock.calls.length === 8);
    const texts = shown.mock.calls.map(([, error]) => (error as Error).message);
    shown.mockRestore();
    expect(calls).toBe(2);
    expect(new Set(texts)).toEqual(new Set(["the async callback", "the async handler", "the callback", "the handler"]));
    expect(() => bus.onError(undefined as never)).toThrow("onError takes a function, not undefined");
  });

  it("calls nobody after unfollow, not even with the message that is being handed out", async () => {
    const bus = new Bus();
    const heard: string[] = [];
    const ends = ["a", "b", "c"].map((name) =>
      bus.followingFunction("x:y", () => {
        heard.push(name);
        ends[1]!.unfollow();
        bus.followingFunction("x:y", () => heard.push("later"));
      }),
    );
    await bus.publish("x:y");
    expect(heard).toEqual(["a", "c"]);
    bus.setMultiplicity(1);
    const late = bus.followingFunction("p:q", () => {
      heard.push("late");
      return new Promise(() => {});
    });
    await bus.publishMany([["p:q"], ["p:q"], ["p:q"]]);
    late.unfollow();
    bus.setMultiplicity(0);
    expect(heard).toEqual(["a", "c", "late"]);
  });

  it("follows no more after unfollow", () => {
    const bus = new Bus();
    let calls = 0;
    const following = bus.registFunction("a:b", () => calls++);
    expect(bus.showFollowers()).toEqual(["a:b"]);
    void bus.publish("a:b");
    following.unfollow();
    following.unfollow();
    void bus.publish("a:b");
    expect(calls).toBe(1);
    expect(bus.showFollowers()).toEqual([]);
  });

  it("has at most so many promises of handlers under way as the multiplicity says", async () => {
    const bus = new Bus();
    let now = 0;
    let most = 0;
    let done = 0;
    bus.setMultiplicity(3);
    bus.followingFunction("job:do", async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      done++;
    });
    for (let i = 0; i < 20; i++) void bus.publish("job:do", i);
    await until(() => done === 20);
    expect(most).toBe(3);
  });

  it("publishes many, from iterables of either kind, with one receipt", async () => {
    const bus = new Bus();
    const heard: unknown[] = [];
    bus.followingFunction("n:n", (message) => heard.push(message.args[0]));
    expect(await bus.publishMany([["n:n", 1], new Message("n:n", 2)])).toMatchObject({ followers: 2, queues: 0 });
    async function* later() {
      yield ["n:n", 3] as const;
    }
    expect(await bus.publishMany(later())).toMatchObject({ followers: 1 });
    await expect(bus.publishMany(["n:n"] as never)).rejects.toThrow(
      "publishMany takes messages and [identifier, …arguments], not n:n",
    );
    expect(heard).toEqual([1, 2, 3]);
  });

  it("refuses what cannot be published, by rejecting", async () => {
    const bus = new Bus();
    await expect(bus.publish("te*t:run")).rejects.toThrow(InvalidIdentifier);
    await expect(bus.publish("berrymq:connect")).rejects.toThrow(ReservedIdentifier);
    await expect(bus.publish(new Message("a:b"), 1)).rejects.toThrow(InvalidArgument);
  });

  it("tells onError of a rejection that nobody looks at, and of no other", async () => {
    const bus = new Bus();
    const told: unknown[] = [];
    bus.onError((error) => told.push(error));
    await bus.publish("berrymq:one").catch(() => {});
    void bus.publish("berrymq:two");
    await until(() => told.length > 0);
    expect(told).toHaveLength(1);
    expect(String(told[0])).toContain("berrymq:two");
  });

  it("refuses at once what the compiler would refuse, with the value, the place and the way out", () => {
    const bus = new Bus() as unknown as {
      followingFunction(...all: unknown[]): void;
      registMethod(...all: unknown[]): void;
    };
    const handler = () => {};
    const here = /\((?:sdks\/ts\/)?test\/bus.test.ts:\d+\)$/;
    for (const [all, text] of [
      [
        [["a:b", "c:d"], handler],
        'a pattern is a text, as "door:*", or a condition, as cond("a:x").and(cond("b:y")), not ["a:b","c:d"]',
      ],
      [[undefined, handler], "not undefined"],
      [["a:b", handler, () => true], "a guard is an option: { guard: (message) => … }, not the function anonymous"],
      [["a:b", handler, { guard: 5 }], "guard is a function of the message, not 5"],
      [["a:b", handler, { queue: true }], "queue is the name of a queue, not true"],
      [["a:b", handler, { queue: "" }], 'queue is the name of a queue, not ""'],
    ] as const) {
      expect(() => bus.followingFunction(...all)).toThrow(InvalidArgument);
      expect(() => bus.followingFunction(...all)).toThrow(text);
      expect(() => bus.followingFunction(...all)).toThrow(here);
    }
    expect(() => bus.registMethod("a:b", undefined, handler)).toThrow("takes an object, not undefined");
    expect(() => kwargs(null as never)).toThrow("kwargs takes an object, as kwargs({ level: 3 }), not null");
  });

  it("is closed for good, and says so", async () => {
    const bus = new Bus();
    const stream = bus.follow("a:b");
    await bus.close();
    await bus.close();
    expect((await stream.next()).done).toBe(true);
    await expect(bus.publish("a:b")).rejects.toThrow(Closed);
    expect(() => bus.follow("a:b")).toThrow(Closed);
  });

  it("lets a durable handler at work publish while it closes; whoever closes it, too, waits for the same end", async () => {
    const bus = new Bus();
    let finish = () => {};
    const heard: string[] = [];
    bus.followingFunction("job:done", () => heard.push("done"));
    const work = async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
        heard.push("begun");
      });
      await bus.publish("job:done");
    };
    bus.followingFunction("job:do", work, { queue: "jobs" });
    await bus.publish("job:do");
    await until(() => heard.length === 1);
    const ends = [bus.close(), bus.close()].map((each) => each.then(() => heard.push("closed")));
    expect(() => bus.followingFunction("a:b", () => {})).toThrow(Closed);
    finish();
    await Promise.all(ends);
    expect(heard).toEqual(["begun", "done", "closed", "closed"]);
    await expect(bus.publish("job:do")).rejects.toThrow(Closed);
    await expect(bus.ask("job:do")).rejects.toThrow(Closed);
  });

  it("ends what still waits for an answer when it is closed, and a connect under way", async () => {
    const bus = new Bus();
    bus.followingFunction("never:answers", () => new Promise(() => {}));
    const asked = bus.ask("never:answers").catch((error) => error);
    const connected = bus.connect("127.0.0.1:1", { timeout: 60 }).catch((error) => error);
    await bus.close();
    expect(await asked).toMatchObject({ reason: "CLOSED", message: "the bus was closed before there was an answer" });
    expect(await connected).toBeInstanceOf(Closed);
    await expect(bus.publish("a:b")).rejects.toThrow(Closed);
    expect(bus.connected).toBe(false);
  });

  it("stays as it was when the gateway does not answer", async () => {
    const bus = new Bus();
    await expect(bus.connect("127.0.0.1:1", { timeout: 0.3 })).rejects.toThrow(Unavailable);
    await expect(bus.connect("ftp://x:1", { timeout: 0.3 })).rejects.toThrow(InvalidArgument);
    let heard = false;
    bus.followingFunction("a:b", () => {
      heard = true;
    });
    await bus.publish("a:b");
    expect(heard).toBe(true);
  });
});
