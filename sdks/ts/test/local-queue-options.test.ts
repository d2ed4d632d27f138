import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Bus, InvalidArgument, Message, NotSupported, QueueNotFound } from "../src/index.js";

describe("a queue in this process", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const numbers = (messages: readonly Message[]) => messages.map(({ args }) => args[0]);

  it("hands out the higher priority first, and the older within one", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    for (const [n, priority] of [0, 9, 0, 5, 9].entries()) {
      await bus.publish(new Message("task:a", n).with({ priority }));
    }
    expect(numbers(await queue.peek(9))).toEqual([1, 4, 3, 0, 2]);
    const first = (await queue.get({ autoAck: false }))!;
    await first.release();
    expect(numbers(await queue.getMany(9))).toEqual([1, 4, 3, 0, 2]);
  });

  it("lets its oldest go at its bound, whatever its priority", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { maxMessages: 2, overflow: "drop_oldest" });
    for (const priority of [9, 1, 5]) await bus.publish(new Message("task:a", priority).with({ priority }));
    expect(numbers(await queue.getMany(5))).toEqual([5, 1]);
  });

  it("keeps a message until its delay, and its own, are over", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { delay: 10 });
    await bus.publish("task:a", "queue's");
    await bus.publish(new Message("task:a", "own").with({ delay: 20 }));
    expect(await queue.status()).toMatchObject({ ready: 0, delayed: 2 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(numbers(await queue.getMany(9))).toEqual(["queue's"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(numbers(await queue.getMany(9))).toEqual(["own"]);
  });

  it("waits for a delay that is longer than a timer can be", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { delay: 30 * 86_400 });
    await bus.publish("task:a", 1);
    await vi.advanceTimersByTimeAsync(29 * 86_400_000);
    expect(await queue.getNowait()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect((await queue.getNowait())!.args).toEqual([1]);
  });

  it("drops what grew older than its ttl, and tells", async () => {
    const bus = new Bus("me");
    const told: unknown[] = [];
    bus.followingFunction("berrymq:drop", ({ kwargs }) => told.push(kwargs));
    const queue = await bus.queue("task:*", { ttl: 5, shared: true });
    const { messageId } = await bus.publish("task:a", 1);
    await vi.advanceTimersByTimeAsync(4999);
    expect(await queue.qsize()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await queue.status()).toMatchObject({ ready: 0, bytes: 0 });
    const message = { message_id: messageId, identifier: "task:a", sender: "me" };
    expect(told).toEqual([{ queue: "task:*", ...message, reason: "expired" }]);
  });

  it("takes no id twice within its time, and other ids are not held up", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { maxMessages: 2 });
    const twice = new Message("task:a", 1).with({ messageId: "same" });
    expect(await bus.publish(twice)).toMatchObject({ queues: 1 });
    await bus.publish("task:a", 2);
    expect(await bus.publish(twice)).toMatchObject({ queues: 0 });
    expect(numbers(await queue.getMany(9))).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(120_001);
    expect(await bus.publish(twice)).toMatchObject({ queues: 1 });
  });

  it("compares no ids where that was asked for", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { dedupe: 0 });
    const twice = new Message("task:a", 1);
    for (let n = 0; n < 2; n++) await bus.publish(twice);
    expect(await queue.qsize()).toBe(2);
  });

  it("tells which delivery a message is", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { backoff: [1, 1] });
    await bus.publish("task:a", 1);
    const first = (await queue.get({ autoAck: false }))!;
    await first.retry();
    await vi.advanceTimersByTimeAsync(1000);
    expect((await queue.getNowait())!.attempt).toBe(2);
    expect(first.message.attempt).toBe(1);
  });

  it("moves dead letters back, at a rate, with all attempts before them", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { shared: true });
    for (let n = 0; n < 5; n++) await bus.publish("task:a", n);
    for (const each of await queue.getMany(5, { autoAck: false })) await each.reject("no");
    const { dead } = queue;
    const begun = Date.now();
    const moved = dead.redrive({ max: 4, rate: 2 });
    await vi.advanceTimersByTimeAsync(1499);
    expect(await queue.qsize()).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(await moved).toBe(4);
    expect(Date.now() - begun).toBe(1500);
    expect(
      (await queue.getMany(9, { autoAck: false })).map(({ attempt, message }) => [message.args[0], attempt]),
    ).toEqual([0, 1, 2, 3].map((n) => [n, 1]));
    await expect(queue.redrive()).rejects.toThrow(InvalidArgument);
    await expect(dead.redrive({ rate: 0 })).rejects.toThrow("rate");
    await queue.delete();
    await expect(dead.redrive()).rejects.toThrow(QueueNotFound);
  });

  it("moves dead letters of one's own queue back, too", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    await bus.publish("task:a", 1);
    await (await queue.get({ autoAck: false }))!.reject("no");
    expect(await queue.dead.redrive()).toBe(1);
    expect((await queue.getNowait())!.args).toEqual([1]);
  });

  it("cannot broadcast, takes what says nothing here, and refuses bad values", async () => {
    const bus = new Bus();
    await expect(bus.queue("task:*", { policy: "broadcast" })).rejects.toThrow(NotSupported);
    await bus.queue("task:*", { policy: "round_robin", transient: true, standaloneTtl: 5 });
    for (const bad of [{ ttl: 0 }, { delay: -1 }, { dedupe: -1 }]) {
      await expect(bus.queue("task:*", bad)).rejects.toThrow(InvalidArgument);
    }
  });
});
