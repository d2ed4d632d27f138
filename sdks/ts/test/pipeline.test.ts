import { describe, expect, it } from "vitest";
import { Bus, HandlerFailed, InvalidArgument, type Message, NoFollowers, pipeline, Timeout } from "../src/index.js";
import { changed } from "../src/message.js";
import { quiet } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { take, until } from "./support/until.js";

/** What was heard under a pattern, in order. */
function heard(bus: Bus, pattern: string): Message[] {
  const messages: Message[] = [];
  bus.followingFunction(pattern, (message) => void messages.push(message));
  return messages;
}

describe("a pipeline", () => {
  it("carries each result to the next identifier, and tells the last one", async () => {
    const bus = quiet();
    bus.followingFunction("p:double", (message) => message.args[0] * 2);
    bus.followingFunction("p:text", async (message) => `= ${message.args[0]}`);
    const ends = heard(bus, "p:end");
    const told = heard(bus, "p:result");
    const { messageId } = await pipeline("p:double", "p:text", "p:end", { results: "p:result", bus }).talk(21);
    await until(() => ends.length > 0);
    expect(ends.map(({ args, replyTo, hops }) => [args, replyTo, hops])).toEqual([[["= 42"], "", 2]]);
    expect(told.map(({ args, kwargs }) => [args, kwargs])).toEqual([
      [[42], { pipeline: messageId, hop: 1, of: 2, at: "p:double" }],
      [["= 42"], { pipeline: messageId, hop: 2, of: 2, at: "p:text" }],
    ]);
  });

  it("says on each message where it is", async () => {
    const bus = quiet();
    const first = heard(bus, "p:a");
    heard(bus, "p:b");
    await pipeline("p:a", "p:b", "p:c", "p:d", { errors: "p:e", deadline: 60, bus }).talk();
    const { attributes, messageId, replyTo, expiresAt, publishedAt } = first[0]!;
    expect(attributes).toEqual({
      "berrymq-pipeline": messageId,
      "berrymq-route": '["p:c","p:d"]',
      "berrymq-hop": "1",
      "berrymq-errors": "p:e",
    });
    expect(replyTo).toBe("p:b");
    expect(expiresAt!.getTime() - publishedAt!.getTime()).toBeGreaterThanOrEqual(59_000);
  });

  it("branches where several handlers answer, and the failure of one stops no other", async () => {
    const bus = quiet();
    bus.followingFunction("p:a", () => 1);
    bus.followingFunction("p:a", () => {
      throw new RangeError("no");
    });
    bus.followingFunction("p:b", (message) => message.args[0] + 1);
    const ends = heard(bus, "p:end");
    const failures = heard(bus, "p:failed");
    const { messageId } = await pipeline("p:a", "p:b", "p:end", { errors: "p:failed", bus }).talk();
    expect(ends.map(({ args }) => args)).toEqual([[2]]);
    expect(failures[0]!.failure).toEqual({ className: "RangeError", text: "no" });
    expect(failures[0]!.attributes).toEqual({
      "berrymq-pipeline": messageId,
      "berrymq-hop": "1",
      "berrymq-at": "p:a",
    });
    expect(failures[0]!.answer).toEqual({ to: messageId, number: 2, of: 2, failed: true });
  });

  it("tells its errors that nobody was there, at any hop", async () => {
    const bus = quiet();
    bus.followingFunction("p:a", () => 1);
    const failures = heard(bus, "p:failed");
    await pipeline("p:a", "p:b", "p:end", { errors: "p:failed", bus }).talk();
    await pipeline("p:none", "p:b", "p:end", { errors: "p:failed", bus }).talk();
    await until(() => failures.length === 2);
    expect(failures.map(({ failure, attributes }) => [failure!.className, attributes["berrymq-at"]])).toEqual([
      ["NoFollowers", "p:b"],
      ["NoFollowers", "p:none"],
    ]);
  });

  it("whose failure nobody hears tells onError", async () => {
    const bus = quiet();
    const errors: unknown[] = [];
    bus.onError((error) => errors.push(error));
    await pipeline("p:a", "p:b", "p:c", { bus }).talk();
    await until(() => errors.length === 1);
    expect(errors[0]).toBeInstanceOf(NoFollowers);
  });

  it("is over at its deadline, however late a handler returns", async () => {
    const bus = quiet();
    bus.followingFunction("p:a", () => new Promise((resolve) => setTimeout(resolve, 20)));
    const ends = heard(bus, "p:end");
    const failures = heard(bus, "p:failed");
    await pipeline("p:a", "p:end", { errors: "p:failed", deadline: 0.01, bus }).talk();
    await until(() => failures.length === 1);
    expect(failures[0]!.failure!.className).toBe("Timeout");
    expect(failures[0]!.attributes["berrymq-at"]).toBe("p:a");
    expect(ends).toEqual([]);
  });

  it("calls no handler whose turn comes after the deadline", async () => {
    const bus = quiet();
    bus.setMultiplicity(1);
    let end = () => {};
    bus.followingFunction(
      "busy:now",
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const handled = heard(bus, "p:a");
    const failures = heard(bus, "p:failed");
    await bus.publish("busy:now");
    await pipeline("p:a", "p:end", { errors: "p:failed", deadline: 0.001, bus }).talk();
    const passed = Date.now() + 2;
    await until(() => Date.now() > passed);
    end();
    await until(() => failures.length === 1);
    expect([handled.length, failures[0]!.failure!.className]).toEqual([0, "Timeout"]);
  });

  it("goes no further than a hundred talks", async () => {
    const bus = quiet();
    const errors: unknown[] = [];
    bus.onError((error) => errors.push(error));
    bus.followingFunction("p:a", () => 1);
    const failures = heard(bus, "p:end");
    const firsts = heard(bus, "p:a");
    await pipeline("p:a", "p:b", "p:end", { bus }).talk();
    await bus.publish(changed(firsts[0]!, { hops: 100, messageId: "far" }));
    await until(() => failures.some(({ failure }) => failure?.className === "HopLimit"));
  });

  it("of two identifiers is a talk", async () => {
    const bus = quiet();
    bus.followingFunction("p:a", () => 1);
    const ends = heard(bus, "p:end");
    await pipeline("p:a", "p:end", { bus }).talk();
    expect(ends[0]!.attributes).toEqual({});
  });

  it("is refused when it is made, with what is wrong", () => {
    const bus = quiet();
    expect(() => pipeline("p:a", { bus })).toThrow(/2 to 100 identifiers, not 1: p:a/);
    expect(() => pipeline("p:a", "_p:b", { bus })).toThrow(/_p:b is local/);
    expect(() => pipeline("p:a", "p:b", { errors: "_p:b", bus })).toThrow(InvalidArgument);
    expect(() => pipeline("p:a", "p:b", { deadline: 0, bus })).toThrow("deadline is seconds above 0, not 0");
    expect(() => pipeline("p:a", "berrymq:drop", { bus })).toThrow(/belongs to the system/);
  });
});

describe("asking a pipeline", () => {
  it("asks the last identifier, too", async () => {
    const bus = quiet();
    bus.followingFunction("p:a", (message) => message.args[0] + 1);
    bus.followingFunction("p:b", async (message) => message.args[0] * 2);
    const sum = pipeline("p:a", "p:b", { bus });
    expect(await sum.ask(1)).toBe(4);
    expect(await sum.ask(2)).toBe(6);
    expect(bus.showFollowers()).toEqual(["p:a", "p:b"]);
  });

  it("fails as a hop failed, at once where nobody is, and at the deadline", async () => {
    const bus = quiet();
    bus.followingFunction("p:a", () => 1);
    bus.followingFunction("p:bad", () => {
      throw new RangeError("too far");
    });
    bus.followingFunction("p:never", () => new Promise(() => {}));
    await expect(pipeline("p:a", "p:bad", { bus }).ask()).rejects.toThrow(HandlerFailed);
    await expect(pipeline("p:a", "p:none", { bus }).ask()).rejects.toThrow(NoFollowers);
    await expect(pipeline("p:a", "p:never", { deadline: 0.02, bus }).ask()).rejects.toThrow(Timeout);
  });

  it("lets its errors hear of a failure, too, and nobody of an answer that comes late", async () => {
    const bus = quiet();
    const errors: unknown[] = [];
    bus.onError((error) => errors.push(error));
    bus.followingFunction("p:a", () => 1);
    bus.followingFunction("p:a", () => 2);
    expect(await pipeline("p:a", "p:a", { errors: "p:failed", bus }).ask()).toBe(1);
    const failures = heard(bus, "p:failed");
    await expect(pipeline("p:a", "p:none", { errors: "p:failed", bus }).ask()).rejects.toThrow(NoFollowers);
    await until(() => failures.length === 2);
    expect(errors).toEqual([]);
  });

  it("crosses a gateway, hop by hop", async () => {
    await using gateway = await Gateway.start();
    await using one = await new Bus().connect(gateway.url);
    await using other = await new Bus().connect(gateway.url);
    one.followingFunction("p:a", (message) => message.args[0] + 1);
    other.followingFunction("p:b", (message) => message.args[0] * 2);
    await Promise.all([one.flush(), other.flush()]);
    expect(await pipeline("p:a", "p:b", { bus: other }).ask(1)).toBe(4);
    const ends = one.follow("p:end");
    await one.flush();
    await pipeline("p:a", "p:b", "p:end", { bus: other }).talk(2);
    const [end] = await take(ends, 1);
    expect(end!.args).toEqual([6]);
    await expect(pipeline("p:a", "p:none", "p:b", { bus: one }).ask(1)).rejects.toThrow(NoFollowers);
  });
});
