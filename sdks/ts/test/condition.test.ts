import { describe, expect, it } from "vitest";
import { Acknowledging } from "../src/acknowledging.js";
import { Dispatcher } from "../src/dispatcher.js";
import { Followers } from "../src/follower.js";
import { Bus, cond, InvalidArgument, InvalidIdentifier, Message, NoFollowers } from "../src/index.js";

const ids = (...messages: Message[]) => messages.map(({ id, args }) => `${id} ${args.join()}`);

describe("a condition", () => {
  it("calls its handler with the newest message of each term, in their order, and begins anew", async () => {
    const bus = new Bus();
    const calls: string[][] = [];
    bus.followingFunction(cond("a:x").and(cond("b:*")), (...both) => calls.push(ids(...both)));
    await bus.publish("b:y", 1);
    await bus.publish("b:z", 2);
    expect(calls).toEqual([]);
    await bus.publish("a:x", 3);
    await bus.publish("a:x", 4);
    expect(calls).toEqual([["a:x 3", "b:z 2"]]);
    await bus.publish("b:y", 5);
    expect(calls).toEqual([
      ["a:x 3", "b:z 2"],
      ["a:x 4", "b:y 5"],
    ]);
  });

  it("takes one message for several terms, and for each what its guard agrees to", async () => {
    const bus = new Bus();
    const calls: string[][] = [];
    const large = cond("a:*", { guard: ({ args }) => args[0] > 10 });
    bus.registFunction(cond("a:x").and(large), (...both) => calls.push(ids(...both)));
    await bus.publish("a:x", 1);
    expect(calls).toEqual([]);
    await bus.publish("a:x", 11);
    expect(calls).toEqual([["a:x 11", "a:x 11"]]);
  });

  it("answers the message that completed it, and no other", async () => {
    const bus = new Bus();
    bus.followingFunction(cond("a:x").and(cond("b:y")), (a, b) => a.args[0] + b.args[0]);
    await expect(bus.ask("a:x", 1)).rejects.toThrow(NoFollowers);
    expect(await bus.ask("b:y", 2)).toBe(3);
  });

  it("keeps apart what completed it while handlers wait for their turn", async () => {
    const bus = new Bus();
    const calls: string[][] = [];
    let first = () => {};
    bus.setMultiplicity(1);
    bus.followingFunction("a:x", () => new Promise<void>((resolve) => (first = resolve)), {
      guard: ({ args }) => args[0] === 1,
    });
    bus.followingFunction(cond("a:x").and(cond("b:y")), (...both) => calls.push(ids(...both)));
    for (const n of [1, 2]) {
      void bus.publish("a:x", n);
      void bus.publish("b:y", n);
    }
    expect(calls).toEqual([]);
    first();
    await new Promise(setImmediate);
    expect(calls).toEqual([
      ["a:x 1", "b:y 1"],
      ["a:x 2", "b:y 2"],
    ]);
  });

  it("follows for methods, and no more after unfollow", async () => {
    const bus = new Bus();
    class Both {
      calls = 0;
      seen(_a: Message, _b: Message): void {
        this.calls++;
      }
    }
    const both = new Both();
    const following = bus.registMethod(cond("a:x").and(cond("b:y")), both, both.seen);
    await bus.publish("a:x");
    await bus.publish("b:y");
    expect(bus.showFollowers()).toEqual(["a:x", "b:y"]);
    following.unfollow();
    await bus.publish("a:x");
    await bus.publish("b:y");
    expect([both.calls, bus.showFollowers()]).toEqual([1, []]);
  });

  it("takes a message that wants to be acknowledged, and does not have it come again", () => {
    const acknowledged: string[] = [];
    const acknowledging = new Acknowledging((messageId) => acknowledged.push(messageId));
    const followers = new Followers(() => {});
    const dispatcher = new Dispatcher(followers, () => {}, new Bus() as never, { trial: undefined });
    const both = cond("a:x").and(cond("b:y"));
    followers.add(
      both.follower(
        (_a, _b) => {},
        {},
        (message) => acknowledging.taken(message),
      ),
    );
    const [a, b] = ["a:x", "b:y"].map((id) => new Message(id).with({ requireAck: true })) as [Message, Message];
    acknowledging.deliver(a, undefined, dispatcher);
    expect(acknowledged).toEqual([a.messageId]);
    acknowledging.deliver(b, undefined, dispatcher);
    expect(acknowledged).toEqual([a.messageId, b.messageId]);
  });

  it("says what it does not take", () => {
    const bus = new Bus();
    const both = cond("a:x").and(cond("b:y"));
    const loose = bus.followingFunction.bind(bus) as (...all: unknown[]) => unknown;
    expect(() => loose(both, () => {}, { queue: "jobs" })).toThrow(/not fed from a queue, as of jobs/);
    expect(() => loose(both, () => {}, { guard: () => true })).toThrow(/terms of a condition have the guards/);
    expect(() => loose(both, (_a: Message, _b: Message, _c: Message) => {})).toThrow(
      /takes 3 parameters, but is called with 2 messages/,
    );
    expect(() => cond("a*:x")).toThrow(InvalidIdentifier);
    expect(() => both.and("c:z" as never)).toThrow(InvalidArgument);
    const sixteen = Array.from({ length: 16 }, (_, n) => cond(`t:${n}`) as ReturnType<typeof cond<string>>).reduce(
      (one, other) => one.and(other) as never,
    );
    expect(() => sixteen.and(cond("t:16"))).toThrow(/16 terms at most, not 17/);
  });
});
