import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Bus, Message, QueueFull } from "../src/index.js";

describe("what a queue in this process loses", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function listening(): { bus: Bus; told: { queue: string; identifier: string; reason: string }[] } {
    const bus = new Bus("me");
    const told: { queue: string; identifier: string; reason: string }[] = [];
    bus.followingFunction("berrymq:drop", ({ kwargs }) => told.push(kwargs as (typeof told)[number]));
    return { bus, told };
  }

  const reasons = (told: readonly { identifier: string; reason: string }[]) =>
    told.map(({ identifier, reason }) => [identifier, reason]);

  it("is told of when it expires, though nobody looks", async () => {
    const { bus, told } = listening();
    const queue = await bus.queue("task:*", { ttl: 5 });
    const { messageId } = await bus.publish("task:a", 1);
    await vi.advanceTimersByTimeAsync(4999);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([
      { queue: queue.name, message_id: messageId, identifier: "task:a", sender: "me", reason: "expired" },
    ]);
  });

  it("is told of in the order of its ends, ready or delayed", async () => {
    const { bus, told } = listening();
    const queue = await bus.queue("task:*");
    for (const [ttl, delay] of [
      [30, 60],
      [5, 0],
      [20, 0],
      [10, 8],
    ]) {
      await bus.publish(new Message(`task:${ttl}`).with({ ttl: ttl!, delay: delay! }));
    }
    await bus.publish("task:stays");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(reasons(told).map(([identifier]) => identifier)).toEqual(["task:5", "task:10", "task:20", "task:30"]);
    expect((await queue.getMany(9)).map(({ id }) => id)).toEqual(["task:stays"]);
    expect(await queue.status()).toMatchObject({ ready: 0, delayed: 0, bytes: 0 });
  });

  it("is told of when it is given back, if it expired in somebody's hands", async () => {
    const { bus, told } = listening();
    const queue = await bus.queue("task:*", { ttl: 5 });
    await bus.publish("task:a");
    const delivery = (await queue.get({ autoAck: false }))!;
    await vi.advanceTimersByTimeAsync(6000);
    expect(told).toEqual([]);
    await delivery.release();
    await vi.advanceTimersByTimeAsync(0);
    expect(reasons(told)).toEqual([["task:a", "expired"]]);
  });

  it("is told of when it made room, and what expired makes room first", async () => {
    const { bus, told } = listening();
    const queue = await bus.queue("task:*", { maxMessages: 2, overflow: "drop_oldest" });
    for (const action of ["a", "b", "c"]) await bus.publish(`task:${action}`);
    expect(reasons(told)).toEqual([["task:a", "overflow"]]);
    await queue.purge();
    await bus.publish("task:d");
    await bus.publish(new Message("task:e").with({ delay: 60 }));
    await bus.publish("task:f");
    await bus.publish("task:g");
    await bus.publish("task:h");
    expect(reasons(told).slice(1)).toEqual([
      ["task:d", "overflow"],
      ["task:f", "overflow"],
      ["task:g", "overflow"],
    ]);
  });

  it("is nothing, where the newcomer never fits", async () => {
    const { bus, told } = listening();
    const queue = await bus.queue("task:*", { maxBytes: 2000, overflow: "drop_oldest" });
    await bus.publish("task:a");
    await expect(bus.publish("task:b", "x".repeat(3000))).rejects.toThrow(QueueFull);
    expect([told, await queue.qsize()]).toEqual([[], 1]);
  });

  it("is told of by the dead letters, too, which do not expire", async () => {
    const { bus, told } = listening();
    const queue = await bus.queue("task:*", { maxMessages: 2, ttl: 5 });
    for (const action of ["a", "b", "c"]) {
      await bus.publish(`task:${action}`);
      await (await queue.get({ autoAck: false }))!.reject("spoilt");
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toMatchObject([{ queue: `${queue.name}.dead`, identifier: "task:a", reason: "overflow" }]);
    expect(await queue.dead.qsize()).toBe(2);
  });

  it("is not told of itself by a queue of drops", async () => {
    const bus = new Bus();
    const told = await bus.queue("berrymq:drop", { maxMessages: 1, overflow: "drop_oldest", ttl: 5 });
    await bus.queue("task:*", { maxMessages: 1, overflow: "drop_oldest" });
    for (let n = 0; n < 5; n++) await bus.publish("task:a");
    expect(await told.qsize()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await told.empty()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is forgotten soon when it was taken before its end", async () => {
    const { bus, told } = listening();
    const queue = await bus.queue("task:*", { dedupe: 0 });
    for (let n = 0; n < 10_000; n++) {
      await bus.publish(new Message("task:a").with({ ttl: 600 }));
      await queue.getNowait();
    }
    const { line } = (queue as unknown as { keeper: { expiring: { line: { length: number } } } }).keeper.expiring;
    expect(line.length).toBeLessThan(4200);
    await queue.close();
    expect([told.length, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
