import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Bus, Closed, InvalidArgument, LeaseLost, QueueExists, QueueFull, QueueNotFound, Retry } from "../src/index.js";

describe("a queue in this process", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("keeps what matches from its creation on, first in first out", async () => {
    const bus = new Bus();
    void bus.publish("task:a", 0);
    const queue = await bus.queue("task:*");
    for (const n of [1, 2, 3]) void bus.publish("task:a", n);
    void bus.publish("other:a", 4);
    expect(await queue.qsize()).toBe(3);
    expect((await queue.get())!.args).toEqual([1]);
    expect((await queue.getMany(10)).map((each) => each.args[0])).toEqual([2, 3]);
    expect(await queue.getNowait()).toBeUndefined();
    expect(await queue.empty()).toBe(true);
  });

  it("waits for a message, until the time is over", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    const waiting = queue.get({ timeout: 5 });
    void bus.publish("task:a", 1);
    expect((await waiting)!.args).toEqual([1]);
    const vain = queue.get({ timeout: 5 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(await vain).toBeUndefined();
  });

  it("waits no longer than its signal and its own life", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    await expect(queue.get({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    const waiting = queue.get();
    const refused = expect(waiting).rejects.toThrow(Closed);
    await queue.close();
    await refused;
  });

  it("is shared by name, or a copy of one's own", async () => {
    const bus = new Bus();
    const one = await bus.queue("task:*", { shared: true });
    const same = await bus.queue("task:*", { shared: true });
    const own = await bus.queue("task:*");
    void bus.publish("task:a", 1);
    expect((await same.get())!.args).toEqual([1]);
    expect(await one.empty()).toBe(true);
    expect(await own.qsize()).toBe(1);
    await expect(bus.queue("task:*", { shared: true, lease: 1, ttl: 2 })).rejects.toThrow(QueueExists);
    await expect(bus.queue("task:*", { shared: true, lease: 1, ttl: 2 })).rejects.toThrow(
      "(lease: 30 s there, 1 s asked; ttl: none there, 2 s asked); leave out",
    );
    await expect(bus.queue("task:*", { lease: -1 })).rejects.toThrow(InvalidArgument);
  });

  it("is taken as it is where nothing else is said, and made by its name where it is not there", async () => {
    const bus = new Bus();
    const bounds = { name: "jobs", shared: true, maxMessages: 1, backoff: [2, 4], dedupe: 0 } as const;
    await bus.queue("task:*", bounds);
    const opened = await bus.queue({ name: "jobs", shared: true, backoff: [2, 4] });
    await bus.queue("task", { name: "jobs", shared: true, maxMessages: 1 });
    void bus.publish("task:a", 1);
    expect([opened.patterns, await opened.full()]).toEqual([["task:*"], true]);
    const letters = await bus.queue({ name: "jobs.dead", shared: true });
    await (await opened.get({ autoAck: false }))!.reject();
    expect([letters.patterns, await letters.redrive(), await opened.qsize()]).toEqual([[], 1, 1]);
    expect((await bus.queue({ name: "other", shared: true })).patterns).toEqual(["other:*"]);
  });

  it("moves dead letters back by their ids, and the others keep their places", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    const ids: string[] = [];
    for (const n of [0, 1, 2]) ids.push((await bus.publish("task:a", n)).messageId);
    for (const delivery of await queue.getMany(3, { autoAck: false })) await delivery.reject();
    expect(await queue.dead.redrive({ messageIds: [] })).toBe(0);
    expect(await queue.dead.redrive({ messageIds: [ids[2]!, ids[0]!, "nobody"], rate: 1, max: 5 })).toBe(2);
    expect((await queue.getMany(3)).map(({ args }) => args[0])).toEqual([0, 2]);
    expect((await queue.dead.peek(3)).map(({ args }) => args[0])).toEqual([1]);
    await expect(queue.dead.redrive({ messageIds: ids[1] as never })).rejects.toThrow("at most 1000 ids");
  });

  it("gives a released message back at its old place, uncounted", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    for (const n of [1, 2, 3]) void bus.publish("task:a", n);
    const first = (await queue.get({ autoAck: false }))!;
    const second = (await queue.get({ autoAck: false }))!;
    await second.release();
    await first.release();
    const again = await queue.getMany(3, { autoAck: false });
    expect(again.map((each) => [each.message.args[0], each.attempt])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  it("is left at once by who consumes and waits for nothing more", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:a");
    const deliveries = queue.consume();
    const next = deliveries.next();
    expect(await deliveries.return()).toEqual({ done: true, value: undefined });
    expect((await next).done).toBe(true);
    expect(await queue.status()).toMatchObject({ consumers: 0 });
    await expect(queue.consume({ credit: 0 }).next()).rejects.toThrow("credit is a whole number from 1, not 0");
  });

  it("refuses numbers that are none, also where a handler names it", async () => {
    const bus = new Bus();
    const missing = Number(undefined);
    await expect(bus.queue("task:a", { ttl: missing })).rejects.toThrow("ttl is seconds from 0, not NaN");
    await expect(bus.queue("task:a", { maxMessages: 1.5 })).rejects.toThrow(
      "maxMessages is a whole number above 0, not 1.5",
    );
    const following = () => bus.followingFunction("task:a", () => {}, { queue: "tasks", queueOptions: { lease: -1 } });
    expect(following).toThrow("lease is seconds from 0, not -1");
    expect(bus.showFollowers()).toEqual([]);
  });

  it("refuses a delay that is none, where it is said", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:a");
    void bus.publish("task:a");
    const delivery = (await queue.get({ autoAck: false }))!;
    for (const wrong of [-1, Number.NaN, 31 * 24 * 3600, "5" as unknown as number]) {
      expect(() => new Retry(wrong)).toThrow(`new Retry(${JSON.stringify(wrong)}): 0 or more seconds, up to 30 days`);
      await expect(delivery.retry(wrong)).rejects.toThrow(InvalidArgument);
      await expect(delivery.extend(wrong)).rejects.toThrow(InvalidArgument);
    }
    await delivery.retry(0);
  });

  it("hands a message on when its lease ran out, and refuses the late", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { lease: 10 });
    void bus.publish("task:a", 1);
    const late = (await queue.get({ autoAck: false }))!;
    await vi.advanceTimersByTimeAsync(9000);
    await late.extend(10);
    await vi.advanceTimersByTimeAsync(9000);
    expect(await queue.getNowait()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1001);
    const next = (await queue.get({ autoAck: false }))!;
    expect(next.attempt).toBe(2);
    await expect(late.ack()).rejects.toThrow(LeaseLost);
    await next.ack();
    await next.ack();
    expect(await queue.status()).toEqual({ ready: 0, delayed: 0, leased: 0, bytes: 0, consumers: 0 });
  });

  it("retries with backoff, then gives up to the dead letters with the reason", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { maxAttempts: 3, backoff: [1, 60] });
    void bus.publish("task:a", 1);
    for (const wait of [1000, 2000]) {
      await (await queue.get({ autoAck: false }))!.retry();
      expect((await queue.status()).delayed).toBe(1);
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(await queue.getNowait()).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
    }
    await (await queue.get({ autoAck: false }))!.retry();
    const dead = (await queue.dead.getNowait())!;
    expect(dead.args).toEqual([1]);
    expect(dead.attributes).toMatchObject({
      "berrymq-dead-reason": "retried after attempt 3 of 3",
      "berrymq-dead-attempts": "3",
    });
  });

  it("keeps a rejected message among its dead letters", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    void bus.publish("task:a", 1);
    await (await queue.get({ autoAck: false }))!.reject("no good");
    const [dead] = await queue.dead.peek();
    expect(dead!.attributes["berrymq-dead-reason"]).toBe("no good");
  });

  it("refuses a publish at its bound, before anybody got it", async () => {
    const bus = new Bus();
    let heard = 0;
    bus.followingFunction("task:a", () => heard++);
    const queue = await bus.queue("task:*", { maxMessages: 1 });
    await bus.publish("task:a", 1);
    expect(await queue.full()).toBe(true);
    await expect(bus.publish("task:a", 2)).rejects.toThrow(QueueFull);
    expect(heard).toBe(1);
  });

  it("lets its oldest go at its bound, where that was asked for", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*", { maxMessages: 2, overflow: "drop_oldest" });
    for (const n of [1, 2, 3]) await bus.publish("task:a", n);
    expect((await queue.getMany(5)).map((each) => each.args[0])).toEqual([2, 3]);
  });

  it("hands out nothing while it is paused", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    await queue.pause();
    void bus.publish("task:a", 1);
    expect(await queue.getNowait()).toBeUndefined();
    const waiting = queue.get();
    await queue.resume();
    expect((await waiting)!.args).toEqual([1]);
  });

  it("pushes deliveries within the credit and takes back what is left unsettled", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    for (const n of [1, 2, 3]) void bus.publish("task:a", n);
    const seen: unknown[] = [];
    for await (const delivery of queue.consume({ credit: 2 })) {
      seen.push(delivery.message.args[0]);
      if (seen.length === 2) break;
      expect((await queue.status()).leased).toBe(2);
      await delivery.ack();
    }
    expect(seen).toEqual([1, 2]);
    expect((await queue.getMany(5)).map((each) => each.args[0])).toEqual([2, 3]);
  });

  it("is gone once it was deleted", async () => {
    const bus = new Bus();
    const queue = await bus.queue("task:*");
    const waiting = expect(queue.get()).rejects.toThrow(QueueNotFound);
    await queue.delete();
    await waiting;
    await expect(queue.qsize()).rejects.toThrow(QueueNotFound);
    expect(bus.showFollowers()).toEqual([]);
  });

  it("forgets what has expired", async () => {
    const bus = new Bus();
    const { Message } = await import("../src/index.js");
    const queue = await bus.queue("task:*");
    void bus.publish(new Message("task:a", 1).with({ ttl: 5 }));
    await vi.advanceTimersByTimeAsync(5001);
    expect(await queue.getNowait()).toBeUndefined();
  });
});
