import { describe, expect, it } from "vitest";
import { autoTwitter, Bus, HopLimit, InvalidArgument, kwargs, type Message, twitterException } from "../src/index.js";

function heard(bus: Bus, pattern: string) {
  const told: unknown[] = [];
  bus.followingFunction(pattern, ({ id, args, kwargs: named }) => told.push([id, args, named]));
  return told;
}

describe("autoTwitter", () => {
  it("tells of arguments before and of the result after, which is returned", () => {
    const bus = new Bus();
    const told = heard(bus, "sum:*");
    const sum = autoTwitter("sum", { bus })(function added(a: number, b: number) {
      told.push("called");
      return a + b;
    });
    expect(sum(1, 2)).toBe(3);
    expect(told).toEqual([["sum:entry", [1, 2], {}], "called", ["sum:exit", [3], {}]]);
    expect([sum.name, sum.length]).toEqual(["added", 2]);
  });

  it("tells of methods, without their object, and of kwargs as such", () => {
    const bus = new Bus();
    const told = heard(bus, "*:*");
    class Account {
      balance = 0;
      @autoTwitter("deposit@bank:entry", { bus })
      deposit(amount: number, _how?: unknown): number {
        this.balance += amount;
        return this.balance;
      }
      @autoTwitter("open", { bus, exit: true })
      static open(): Account {
        return new Account();
      }
    }
    bus.followingFunction("deposit@bank:entry", ({ args, kwargs: named }) => told.push([args, named]));
    const account = Account.open();
    expect(account.deposit(5, kwargs({ currency: "EUR" }))).toBe(5);
    expect(told).toEqual([
      ["open:exit", [account], {}],
      [[5], { currency: "EUR" }],
    ]);
  });

  it("tells of a promise's result when it is there, and of no exit of what fails", async () => {
    const bus = new Bus();
    const told = heard(bus, "load:*");
    const load = autoTwitter("load", { bus })(async (path: string) => {
      if (path === "") throw new Error("no path");
      return path.length;
    });
    const loading = load("abc");
    expect(told).toEqual([["load:entry", ["abc"], {}]]);
    expect(await loading).toBe(3);
    await expect(load("")).rejects.toThrow("no path");
    expect(told).toEqual([
      ["load:entry", ["abc"], {}],
      ["load:exit", [3], {}],
      ["load:entry", [""], {}],
    ]);
  });

  it("never disturbs the function", async () => {
    const bus = new Bus();
    const errors: unknown[] = [];
    bus.onError((error) => errors.push(error));
    const f = autoTwitter("f", { bus })(() => 1);
    await bus.close();
    expect(f()).toBe(1);
    await expect.poll(() => errors.map(String)).toEqual([expect.stringMatching(/^Closed: /), expect.any(String)]);
  });

  it("says which identifiers and places it takes", () => {
    expect(() => autoTwitter("f:begin")).toThrow(/tells of entry and exit, not of "begin"; give "f" alone/);
    expect(() => autoTwitter("f:")).toThrow(/action "" of "f:" is empty/);
    const decorate = autoTwitter("f") as (f: unknown, context: unknown) => unknown;
    expect(() => decorate(undefined, { kind: "field", name: "load" })).toThrow(
      /@autoTwitter stands before methods; load is a field \(.*telling\.test\.ts:\d+\)/,
    );
  });
});

it("what wraps functions says so when it is given something else", () => {
  for (const wrap of [autoTwitter("a"), twitterException("a:b")]) {
    expect(() => wrap(5 as never)).toThrow(
      /\("…"\) wraps a function, not 5 \((?:sdks\/ts\/)?test\/telling.test.ts:\d+\)/,
    );
  }
});

describe("twitterException", () => {
  it("tells type, value and traceback, and keeps the error from the caller", () => {
    const bus = new Bus();
    let told: Message | undefined;
    bus.followingFunction("load:failed", (message) => {
      told = message;
    });
    class Loader {
      @twitterException("load:failed", { bus })
      load(path: string): number | undefined {
        if (path === "") throw new TypeError("no path");
        return path.length;
      }
    }
    expect(new Loader().load("abc")).toBe(3);
    expect(told).toBeUndefined();
    expect(new Loader().load("")).toBeUndefined();
    expect(told!.kwargs).toMatchObject({ type: "TypeError", value: "no path" });
    expect(told!.kwargs.traceback).toMatch(/^TypeError: no path\n +at .*telling\.test\.ts/);
    expect(told!.args[0]).toEqual(told!.kwargs.traceback.split("\n"));
  });

  it("raises again, without a traceback, and of promises, where it is told to", async () => {
    const bus = new Bus();
    const told = heard(bus, "e:*");
    const options = { bus, reraise: true, withTraceback: false };
    const error = new RangeError("too far");
    const failing = twitterException(
      "e:e",
      options,
    )(async () => {
      throw error;
    });
    await expect(failing()).rejects.toBe(error);
    const throwing = twitterException("e:e", { bus, withTraceback: false })(() => {
      throw "a text";
    });
    expect(throwing()).toBeUndefined();
    expect(told).toEqual([
      ["e:e", [["RangeError: too far"]], { type: "RangeError", value: "too far", traceback: "" }],
      ["e:e", [["string: a text"]], { type: "string", value: "a text", traceback: "" }],
    ]);
  });
});

describe("message.twitter", () => {
  it("publishes on, where the message was published, with one hop more", async () => {
    const [bus, other] = [new Bus("one"), new Bus("other")];
    const hops: unknown[] = [];
    bus.followingFunction("a:b", (message) => message.twitter("b:c", message.args[0] + 1, kwargs({ on: true })));
    bus.followingFunction("b:c", (message) => {
      hops.push(message.hops, message.args[0], message.kwargs, message.sender);
      return other.publish(message);
    });
    other.followingFunction("b:c", (message) => message.twitter("c:d"));
    other.followingFunction("c:d", (message) => hops.push(message.hops, message.sender));
    await bus.publish("a:b", 1);
    expect(hops).toEqual([1, 2, { on: true }, "one", 2, "other"]);
  });

  it("goes on from a queue's message, too", async () => {
    const bus = new Bus();
    const queue = await bus.queue("a:b");
    await bus.publish("a:b");
    const told = heard(bus, "c:d");
    await (await queue.get())!.twitter("c:d", 5);
    expect(told).toEqual([["c:d", [5], {}]]);
  });

  it("ends after 100 hops, with an error that names the message", async () => {
    const bus = new Bus();
    const errors: unknown[] = [];
    bus.onError((error) => errors.push(error));
    let rounds = 0;
    bus.followingFunction("round:go", (message) => {
      rounds++;
      return message.twitter("round:go");
    });
    await bus.publish("round:go");
    await expect.poll(() => errors.length).toBe(1);
    expect(rounds).toBe(101);
    expect(errors[0]).toBeInstanceOf(HopLimit);
    expect(String(errors[0])).toContain("round:go has travelled 100 hops");
  });

  it("of a message made by hand publishes on the default bus", async () => {
    const { defaultBus, Message } = await import("../src/index.js");
    const told = heard(defaultBus, "by:hand");
    await new Message("made:by").twitter("by:hand", 1);
    expect(told).toEqual([["by:hand", [1], {}]]);
    await expect(new Message("made:by").twitter(new Message("x:y"), 2)).rejects.toThrow(InvalidArgument);
  });
});
