import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Bus, HandlerFailed, HopLimit, type Message, NoFollowers, Timeout } from "../src/index.js";
import { changed } from "../src/message.js";
import { take, until } from "./support/until.js";

describe("talk", () => {
  it("publishes what each handler returns to the second identifier", async () => {
    const bus = new Bus();
    bus.onError(() => {});
    bus.followingFunction("test:process", (message) => message.args[0] * 2);
    bus.followingFunction("test:process", async () => "later");
    bus.followingFunction("test:process", () => {
      throw new TypeError("no");
    });
    const results = bus.follow("test:log_result");
    const { messageId } = await bus.talk("test:process", "test:log_result", 21);
    const answers = await take(results, 3);
    const byNumber = answers.sort((one, other) => one.answer!.number - other.answer!.number);
    expect(byNumber.map((each) => each.answer)).toEqual([
      { to: messageId, number: 1, of: 3, failed: false },
      { to: messageId, number: 2, of: 3, failed: false },
      { to: messageId, number: 3, of: 3, failed: true },
    ]);
    expect(byNumber.slice(0, 2).map((each) => each.args[0])).toEqual([42, "later"]);
    expect(byNumber[2]!.failure).toEqual({ className: "TypeError", text: "no" });
    expect(byNumber.map((each) => each.hops)).toEqual([1, 1, 1]);
  });

  it("that has travelled too far is not answered any more", async () => {
    const bus = new Bus();
    const told: unknown[] = [];
    bus.onError((error) => told.push(error));
    bus.followingFunction("a:b", () => 1);
    let answered = false;
    bus.followingFunction("a:done", () => {
      answered = true;
    });
    const probe = new (await import("../src/index.js")).Message("a:b");
    await bus.publish(changed(probe, { hops: 100, replyTo: "a:done", publishedAt: 1 }));
    expect(told[0]).toBeInstanceOf(HopLimit);
    expect(answered).toBe(false);
  });
});

describe("ask", () => {
  it("gives the first answer", async () => {
    const bus = new Bus();
    bus.followingFunction("math:add", (message) => message.args[0] + message.args[1]);
    expect(await bus.ask("math:add", 1, 2)).toBe(3);
  });

  it("fails at once when nobody answers, streams not counting", async () => {
    const bus = new Bus();
    bus.follow("math:add");
    bus.followingFunction("math:add", () => 1, { guard: () => false });
    await expect(bus.ask("math:add")).rejects.toThrow(NoFollowers);
  });

  it("fails as the handler failed", async () => {
    const bus = new Bus();
    bus.onError(() => {});
    bus.followingFunction("a:b", () => {
      throw new RangeError("too far");
    });
    await expect(bus.ask("a:b")).rejects.toMatchObject({ className: "RangeError", text: "too far" });
    await expect(bus.ask("a:b")).rejects.toThrow(HandlerFailed);
  });

  it("fails with a text whatever was thrown, also by a handler that is async, and in a talk", async () => {
    const bus = new Bus();
    bus.onError(() => {});
    const trap = () => {
      throw new Error("trap");
    };
    const foreign = runInNewContext("new RangeError('far away')");
    const thrown = [
      null,
      Symbol("s"),
      Object.create(null),
      new Proxy({}, { get: trap }),
      { message: "plain" },
      foreign,
    ];
    bus.followingFunction("sync:odd", (message) => {
      throw message.args[0];
    });
    bus.followingFunction("async:odd", async (message) => {
      throw message.args[0];
    });
    const failed = async (question: Promise<unknown>) =>
      ((await question.catch((error) => error)) as HandlerFailed).text;
    const texts = [
      "null",
      "Symbol(s)",
      "something that has no text",
      "something that has no text",
      "plain",
      "far away",
    ];
    expect(await Promise.all(thrown.map((each) => failed(bus.ask("sync:odd", each))))).toEqual(texts);
    expect(await Promise.all(thrown.map((each) => failed(bus.ask("async:odd", each))))).toEqual(texts);
    const answers = bus.follow("odd:answer");
    for (const each of thrown) await bus.talk("async:odd", "odd:answer", each);
    expect((await take(answers, thrown.length)).map(({ failure }) => failure?.text)).toEqual(texts);
  });

  it("ends with the time that is given", async () => {
    const bus = new Bus();
    bus.followingFunction("a:b", () => new Promise(() => {}));
    await expect(bus.within(0.05).ask("a:b")).rejects.toThrow(Timeout);
  });

  it("of many gives everybody's answer as it comes", async () => {
    const bus = new Bus();
    let release: (value: string) => void = () => {};
    bus.followingFunction("a:b", () => new Promise((resolve) => (release = resolve)));
    bus.followingFunction("a:b", () => "first");
    const answers = bus.askMany("a:b");
    expect((await answers.next()).value).toBe("first");
    release("second");
    expect((await answers.next()).value).toBe("second");
    expect((await answers.next()).done).toBe(true);
  });

  it("asks everybody at once, whether anybody looks at the answers or not", async () => {
    const bus = new Bus();
    let asked = 0;
    bus.followingFunction("a:b", () => ++asked);
    const answers = bus.askMany("a:b");
    expect(asked).toBe(1);
    expect((await answers.next()).value).toBe(1);
    bus.followingFunction("a:b", () => new Promise(() => {}));
    const left = bus.askMany("a:b");
    const [, second] = [left.next(), left.next()];
    expect(await left.return()).toEqual({ done: true, value: undefined });
    expect((await second).done).toBe(true);
    await expect(bus.askMany("a*:b").next()).rejects.toThrow("`*`, which stands for a whole part");
  });

  it("asks handlers only, and lets everybody else hear the question", async () => {
    const bus = new Bus();
    const heard: Message[] = [];
    bus.followingFunction("a:b", () => 1);
    const stream = bus.follow("a:b");
    await bus.ask("a:b", "x");
    heard.push(...(await take(stream, 1)));
    await until(() => heard.length === 1);
    expect(heard[0]!.args).toEqual(["x"]);
  });
});
