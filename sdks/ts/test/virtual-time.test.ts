import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { IntervalTimer } from "../src/adapters.js";
import { Bus, InvalidArgument, Message, pipeline, Timeout } from "../src/index.js";
import { TestBus } from "../src/testing/index.js";
import { until } from "./support/until.js";

let bus: TestBus;

beforeEach(async () => {
  bus = await TestBus.open({ gateway: "" });
});
afterEach(() => bus.close());

describe("virtual time", () => {
  it("ends a lease that nobody settled", async () => {
    const queue = await bus.queue("task:*", { lease: 30 });
    await bus.publish("task:a");
    const first = await queue.get({ autoAck: false });
    await bus.advance(29.999);
    expect(await queue.getNowait()).toBeUndefined();
    await bus.advance(0.001);
    const again = await queue.get({ autoAck: false, block: false });
    expect([first!.attempt, again!.attempt]).toEqual([1, 2]);
    await expect(first!.ack()).rejects.toMatchObject({ reason: "LEASE_LOST" });
  });

  it("drops what is too old, of queues and of messages, to the millisecond", async () => {
    const dropped = bus.follow("berrymq:drop");
    const queue = await bus.queue("task:*", { ttl: 60 });
    await bus.publish("task:a");
    await bus.advance(100);
    await bus.publish(new Message("task:b").with({ ttl: 5 }));
    expect((await dropped.next()).value.kwargs).toMatchObject({ identifier: "task:a", reason: "expired" });
    await bus.advance(4.999);
    expect(await queue.qsize()).toBe(1);
    await bus.advance(0.001);
    expect(await queue.qsize()).toBe(0);
  });

  it("holds what is delayed back, and stamps what is published", async () => {
    const queue = await bus.queue("task:*");
    await bus.advance(3600);
    await bus.publish(new Message("task:a").with({ delay: 10 }));
    const before = Date.now();
    expect(await queue.getNowait()).toBeUndefined();
    const message = await queue.get({ timeout: 60 });
    expect(bus.now).toBe(3610);
    expect(message!.publishedAt!.getTime() - before).toBeGreaterThan(3_590_000);
  });

  it("retries for an hour of backoff in no time, up to the dead letters", async () => {
    const times: number[] = [];
    bus.onError(() => {});
    bus.followingFunction(
      "mail:send",
      async () => {
        times.push(bus.now);
        throw new Error("no server");
      },
      { queue: "mails", queueOptions: { backoff: [1, 3600], maxAttempts: 12 } },
    );
    await bus.publish("mail:send", "bob");
    const begun = performance.now();
    await bus.advance(3600);
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 2047]);
    const mails = await bus.queue("mail:send", { shared: true, name: "mails", backoff: [1, 3600], maxAttempts: 12 });
    expect((await mails.dead.getNowait())!.attributes["berrymq-dead-attempts"]).toBe("12");
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  it("extends leases while a handler waits, however long", async () => {
    bus.followingFunction("slow:answer", () => new Promise(() => {}), { guard: () => false });
    const outcomes: unknown[] = [];
    const silent = await bus.queue("nothing:here");
    bus.followingFunction(
      "task:a",
      async (message) => {
        await silent.get({ timeout: 300 });
        outcomes.push(message.attempt, message.signal!.aborted);
      },
      { queue: "tasks", queueOptions: { lease: 30 } },
    );
    await bus.publish("task:a");
    await bus.advance(400);
    expect(outcomes).toEqual([1, false]);
  });

  it("an ask that nobody answers times out at once", async () => {
    bus.followingFunction("math:add", async () => {
      await silence.get({ timeout: 1000 });
    });
    const silence = await bus.queue("nothing:here");
    await expect(bus.within(30).ask("math:add")).rejects.toThrow(Timeout);
    expect(bus.now).toBe(30);
  });

  it("an ask waits for a handler that really does something", async () => {
    bus.followingFunction("math:add", async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 3;
    });
    expect(await bus.within(0.001).ask("math:add")).toBe(3);
    expect(bus.now).toBe(0);
  });

  it("moves with whoever waits, to what comes next, and to the end of the wait at the latest", async () => {
    const queue = await bus.queue("tick:*");
    const timer = bus.bus.clock.every(10, () => void bus.publish("tick:now", bus.now));
    expect((await queue.get())!.args).toEqual([10]);
    expect((await queue.get({ timeout: 60 }))!.args).toEqual([20]);
    expect(await queue.get({ timeout: 5 })).toBeUndefined();
    expect(bus.now).toBe(25);
    for await (const message of bus.follow("tick:now")) {
      if (message.args[0] === 50) break;
    }
    expect(bus.now).toBe(50);
    timer.stop();
  });

  it("stands still for a stream in the background while the test goes on", async () => {
    const seen: unknown[] = [];
    void (async () => {
      for await (const message of bus.follow("tick:*")) seen.push(message.args[0]);
    })();
    const timer = bus.bus.clock.every(10, () => void bus.publish("tick:now", bus.now));
    await bus.advance(20);
    await bus.assertPublished("tick:now", 20);
    await bus.settle();
    expect([bus.now, seen]).toEqual([20, [10, 20]]);
    timer.stop();
  });

  it("does what falls due in order, and in full before it goes on", async () => {
    const order: unknown[] = [];
    bus.followingFunction("later:*", async ({ action }) => {
      await Promise.resolve();
      order.push([bus.now, action]);
      if (action === "a") await bus.publish(new Message("later:c").with({ delay: 0 }));
    });
    const { clock } = bus.bus;
    clock.after(2, () => void bus.publish("later:b"));
    clock.after(1, () => void bus.publish("later:a"));
    await bus.advance(5);
    expect(order).toEqual([
      [1, "a"],
      [1, "c"],
      [2, "b"],
    ]);
    expect(bus.now).toBe(5);
  });

  it("advances no further than it was told, though a handler waits longer", async () => {
    let ended = false;
    const silence = await bus.queue("nothing:here");
    bus.followingFunction("a:b", async () => {
      await silence.get({ timeout: 60 });
      ended = true;
    });
    await bus.publish("a:b");
    await bus.advance(10);
    expect([bus.now, ended]).toEqual([10, false]);
    await bus.settle();
    expect([bus.now, ended]).toEqual([60, true]);
  });

  it("is no concern of a handler that follows a stream all its life", async () => {
    const seen: unknown[] = [];
    bus.followingFunction("life:begin", async () => {
      for await (const message of bus.follow("life:event")) seen.push(message.args[0]);
    });
    await bus.publish("life:begin");
    await bus.publish("life:event", 1);
    await bus.advance(1);
    expect(seen).toEqual([1]);
  });

  it("ends a pipeline at its deadline", async () => {
    bus.onError(() => {});
    const silence = await bus.queue("nothing:here");
    bus.followingFunction("p:a", async () => {
      await silence.get({ timeout: 20 });
    });
    await pipeline("p:a", "p:end", { errors: "p:failed", deadline: 10, bus: bus.bus }).talk();
    await bus.advance(20);
    const [failed] = await bus.assertPublished("p:failed");
    expect(failed!.failure!.className).toBe("Timeout");
    await expect(pipeline("p:a", "p:b", { deadline: 5, bus: bus.bus }).ask()).rejects.toThrow(Timeout);
    expect(bus.now).toBe(25);
  });

  it("brings a durable hop to its last attempt, whose failure is told when the time has moved", async () => {
    bus.onError(() => {});
    const broken = () => {
      throw new RangeError("no");
    };
    bus.followingFunction("p:a", broken, { queue: "hops", queueOptions: { maxAttempts: 3, backoff: [60, 600] } });
    await pipeline("p:a", "p:end", { errors: "p:failed", bus: bus.bus }).talk();
    await bus.advance(179);
    await bus.assertNotPublished("p:failed");
    await bus.advance(1);
    const [failed, ...more] = await bus.assertPublished("p:failed");
    expect([failed!.failure!.className, failed!.attributes["berrymq-at"], more.length]).toEqual([
      "RangeError",
      "p:a",
      0,
    ]);
  });

  it("goes forward only, and not for ever", async () => {
    await expect(bus.advance(-1)).rejects.toThrow("advance takes seconds from 0, not -1");
    await expect(bus.advance(Number.POSITIVE_INFINITY)).rejects.toThrow(InvalidArgument);
  });

  it("moves the timers of adapters, which end with the test", async () => {
    const shop = new Bus();
    const test = await TestBus.open({ bus: shop, gateway: "" });
    const timer = new IntervalTimer("clock", 60, { bus: test.bus });
    await test.advance(3600);
    await test.assertPublished("clock:tick", 60);
    expect(test.published).toHaveLength(60);
    await test.close();
    expect(shop.clock.repeated).toEqual([]);
    timer.stop();
    await shop.close();
  });

  it("tells after three seconds for which handler it waits", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    let end = () => {};
    bus.followingFunction("a:b", async function reading() {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await bus.publish("a:b");
    const settled = bus.settle();
    await until(() => told.mock.calls.length > 0);
    end();
    await settled;
    expect(String(told.mock.calls[0])).toMatch(/handlers have ended: reading .*virtual-time\.test\.ts:\d+/);
    told.mockRestore();
  });
});
