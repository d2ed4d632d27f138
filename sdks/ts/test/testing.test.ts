import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bus, kwargs, NotSupported, Reject, takeErrors } from "../src/index.js";
import * as testing from "../src/testing/index.js";
import { Gateway } from "./support/gateway.js";
import { until } from "./support/until.js";

const { TestBus } = testing;

let bus: testing.TestBus;

beforeEach(async () => {
  bus = await TestBus.open({ gateway: "" });
});
afterEach(() => bus.close());

describe("records", () => {
  it("tell what was published, in order, answers too", async () => {
    bus.followingFunction("a:double", (message) => message.args[0] * 2);
    await bus.talk("a:double", "a:result", 21);
    expect(bus.published.map(({ id, args }) => [id, args])).toEqual([
      ["a:double", [21]],
      ["a:result", [42]],
    ]);
  });

  it("are asserted by pattern, arguments and some of the named ones", async () => {
    await bus.publish("order:new", 7, { lines: [1, 2] }, kwargs({ size: 3, color: "red" }));
    const [message] = await bus.assertPublished("order:*", 7, { lines: [1, expect.any(Number)] }, kwargs({ size: 3 }));
    expect(message!.kwargs).toEqual({ size: 3, color: "red" });
    await bus.assertPublished("order:new");
    await bus.assertNotPublished("order:gone");
    await bus.assertNotPublished("order:new", 8);
    bus.faults({ drop: 1 });
    await expect(bus.assertPublished("order:new", 9)).rejects.toThrow(`berryMQ seed: ${bus.seed}`);
    await expect(bus.assertPublished("order:new", 8)).rejects.toThrow(
      'nothing was published to order:new with [8]; published:\n  order:new [7,{"lines":[1,2]}] {"size":3,"color":"red"}',
    );
    await expect(bus.assertNotPublished("*:new")).rejects.toThrow("*:new was published 1 times:\n  order:new");
  });

  it("tell of values, too, that are no JSON", async () => {
    const circle: unknown[] = [];
    circle.push(circle);
    await bus.publish("odd:one", circle, Symbol("s"));
    await expect(bus.assertPublished("odd:two")).rejects.toThrow("odd:one [ <ref *1> [ [Circular *1] ], Symbol(s) ]");
  });

  it("tell what a handler was called with, once it has ended", async () => {
    const handler = async () => {};
    class Shop {
      order() {}
    }
    const shop = new Shop();
    bus.followingFunction("a:b", handler);
    bus.followingFunction("a:queued", handler, { queue: "q" });
    bus.registMethod("a:b", shop, shop.order);
    await bus.publish("a:b", 1, kwargs({ size: 2 }));
    const mock = bus.mock(handler);
    await mock.assertCalledOnceWith(1, kwargs({ size: 2 }));
    await bus.mock(shop.order).assertCalledOnceWith(1);
    await bus.publish("a:queued", 2);
    await bus.settle();
    expect([mock.called, mock.callCount, mock.calls.map(({ args }) => args)]).toEqual([true, 2, [[1], [2]]]);
    await expect(mock.assertCalledOnceWith(1)).rejects.toThrow("handler was not called once with [1]; it was called 2");
    await expect(mock.assertNotCalled()).rejects.toThrow("handler was called; it was called 2 times, with:\n  a:b [1]");
    await bus.mock(() => {}).assertNotCalled();
  });
});

describe("faults", () => {
  const heard = async (seed: number) => {
    await using other = await TestBus.open({ seed, gateway: "" });
    const numbers: number[] = [];
    other.followingFunction("n:*", (message) => void numbers.push(message.args[0]));
    other.faults({ drop: 0.5 });
    for (let i = 0; i < 50; i++) await other.publish("n:x", i);
    return numbers;
  };

  it("are the same again with the same seed", async () => {
    const first = await heard(42);
    expect(first.length).toBeGreaterThan(5);
    expect(first.length).toBeLessThan(45);
    expect(await heard(42)).toEqual(first);
    expect(await heard(43)).not.toEqual(first);
  });

  it("have a queue hand out once more what was acknowledged, and what was in front later", async () => {
    const queue = await bus.queue("n:*");
    bus.faults({ duplicate: 1, reorder: 1 });
    for (let i = 1; i <= 3; i++) await bus.publish("n:x", i);
    const numbers: number[] = [];
    for (let delivery = await next(); delivery !== undefined; delivery = await next()) {
      numbers.push(delivery.message.args[0]);
      await delivery.ack();
    }
    expect([...numbers].sort()).toEqual([1, 1, 2, 2, 3, 3]);
    expect(numbers[0]).toBe(2);
    expect(await queue.status()).toMatchObject({ ready: 0, leased: 0, bytes: 0 });
    function next() {
      return queue.get({ block: false, autoAck: false });
    }
  });

  it("never take a queue's message away", async () => {
    const queue = await bus.queue("n:*");
    bus.faults({ drop: 1 });
    await bus.publish("n:x", 1);
    expect((await queue.getNowait())!.args).toEqual([1]);
  });

  it("are probabilities", () => {
    expect(() => bus.faults({ drop: 2 })).toThrow("drop is a probability from 0 to 1, not 2");
    expect(() => bus.faults({ loss: 1 } as never)).toThrow("a fault is drop, duplicate or reorder, not loss");
  });
});

describe("a bus under test", () => {
  it("keeps what was there before, and loses what came with the test", async () => {
    const shop = new Bus();
    const heard: unknown[] = [];
    shop.followingFunction(
      "mail:send",
      () => {
        throw new Reject("no address");
      },
      { queue: "mails" },
    );
    shop.followingFunction("a:b", (message) => void heard.push(message.args[0]));
    const errors: unknown[] = [];
    shop.onError((error) => errors.push(error));
    const queue = await shop.queue("task:*");
    await shop.publish("task:before");
    const test = await TestBus.open({ bus: shop, gateway: "" });
    test.followingFunction("a:b", () => heard.push("meanwhile"));
    test.onError(() => {});
    const stream = test.follow("a:*");
    await test.publish("mail:send");
    await test.publish("task:meanwhile");
    await test.settle();
    const mails = await test.queue("mail:send", { shared: true, name: "mails" });
    expect(await mails.dead.qsize()).toBe(1);
    await test.close();
    await shop.publish("a:b", 1);
    expect(heard).toEqual([1]);
    expect((await stream.next()).done).toBe(true);
    expect((await queue.getMany(9, { block: false })).map(({ id }) => id)).toEqual(["task:before"]);
    const again = await shop.queue("mail:send", { shared: true, name: "mails" });
    expect([await again.qsize(), await again.dead.qsize()]).toEqual([0, 0]);
    expect(Math.abs(shop.clock.wall() - Date.now())).toBeLessThan(1000);
    await shop.close();
  });

  it("takes its time along: what is to come comes after as many seconds as before", async () => {
    const shop = new Bus();
    const queue = await shop.queue("task:*", { lease: 0.2 });
    await shop.publish("task:a");
    const delivery = await queue.get({ autoAck: false });
    const test = await TestBus.open({ bus: shop, gateway: "" });
    await test.advance(0.05);
    expect(await queue.getNowait()).toBeUndefined();
    await test.close();
    expect((await queue.get({ timeout: 5 }))!.attempt).toBe(2);
    expect(delivery!.attempt).toBe(1);
    await shop.close();
  });

  it("is under one test at a time, and not connected", async () => {
    await expect(bus.connect("localhost:1")).rejects.toMatchObject({ reason: "NOT_SUPPORTED" });
    await expect(TestBus.open({ bus: bus.bus })).rejects.toThrow("this bus is under test already");
  });

  it("has a seed, which is a whole number", async () => {
    const plain = new Bus();
    const opening = TestBus.open({ bus: plain, seed: 1.5 });
    await expect(opening).rejects.toThrow("a seed is a whole number from 0 to 4294967295, not 1.5");
    expect([plain.clock.virtual, bus.clock.virtual]).toEqual([false, true]);
    expect(Number.isInteger(bus.seed)).toBe(true);
  });

  it("fails for an assertion that failed in a handler, unless that was taken", async () => {
    const handling = async () => {
      const test = await TestBus.open({ gateway: "" });
      test.bus.onError(() => {});
      test.followingFunction("order:new", async ({ args }) => expect(args).toEqual([2]), { queue: "orders" });
      await test.publish("order:new", 1);
      await test.settle();
      return test;
    };
    await expect((await handling()).close()).rejects.toThrow("to deeply equal [ 2 ]");
    const taken = await handling();
    expect(takeErrors({ bus: taken.bus })).toHaveLength(1);
    await taken.close();
  });

  it("says so when it is used after its end", async () => {
    const test = await TestBus.open({ gateway: "" });
    await test.close();
    await expect(test.advance(1)).rejects.toThrow("this TestBus is closed");
    await expect(test.assertPublished("a:b")).rejects.toThrow("this TestBus is closed");
  });

  it("at a gateway takes nobody's messages, leaves no queue behind, and refuses faults", async () => {
    await using gateway = await Gateway.start();
    await using shop = new Bus();
    const handled: unknown[] = [];
    shop.followingFunction("mail:send", (message) => void handled.push(message.args[0]), { queue: "mails" });
    await using other = await new Bus().connect(gateway.url);
    const mails = await other.queue("mail:send", { shared: true, name: "mails" });
    await other.publish("mail:send", "not yours");
    await expect(TestBus.open({ bus: shop, gateway: gateway.url })).rejects.toThrow(
      `the queue mails at ${gateway.url} holds 1 messages, which a test would take`,
    );
    await mails.delete();
    const test = await TestBus.open({ bus: shop, gateway: gateway.url });
    await test.publish("mail:send", "ours");
    await test.settle();
    expect(handled).toEqual(["ours"]);
    expect(() => test.faults({ drop: 1 })).toThrow(NotSupported);
    await test.close();
    await expect(mails.status()).rejects.toMatchObject({ reason: "QUEUE_NOT_FOUND" });
    await shop.publish("mail:send", "at home");
    await until(() => handled.length === 2);
  });

  it("has the public calls of the bus", async () => {
    bus.registFunction("a:b", () => 1);
    expect([bus.ident, bus.showFollowers(), await bus.ask("a:b")]).toEqual([bus.bus.ident, ["a:b"], 1]);
  });
});

it("the public surface of berrymq/testing is exactly this", () => {
  expect(Object.keys(testing)).toEqual(["TestBus"]);
});
