import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  BacklogFull,
  Bus,
  type ConnectOptions,
  HandlerFailed,
  Message,
  MessageTooLarge,
  NoFollowers,
  NotEncodable,
  QueueNotFound,
} from "../src/index.js";
import { Gateway } from "./support/gateway.js";
import { take, until } from "./support/until.js";

let gateway: Gateway;
let scheme = "";
const open: Bus[] = [];

beforeAll(async () => {
  gateway = await Gateway.start();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
});
afterAll(async () => {
  await gateway.stop("SIGKILL");
});

async function connected(at = gateway, options: ConnectOptions = {}): Promise<Bus> {
  const bus = await new Bus().connect(`${scheme}://${at.url}`, options);
  bus.onError(() => {});
  open.push(bus);
  return bus;
}

const wires = describe.each(["grpc", "http", "ws"]);

wires("a bus connected over %s", (wire) => {
  beforeAll(() => {
    scheme = wire;
  });

  it("reaches another process's followers, with everything that the message says", async () => {
    const [a, b] = await Promise.all([connected(gateway, { ident: "a" }), connected()]);
    const stream = b.follow("t1:*");
    await b.flush();
    const sent = new Message("t1:x", "köln", 2n ** 63n, { deep: [1.5, null] }).with({
      ttl: 60,
      attributes: { k: "v" },
    });
    expect(await a.publish(sent)).toEqual({ messageId: sent.messageId, followers: 1, queues: 0 });
    const [message] = await take(stream, 1);
    expect(message).toMatchObject({ id: "t1:x", messageId: sent.messageId, sender: "a", attributes: { k: "v" } });
    expect(message!.args).toEqual(["köln", 2n ** 63n, { deep: [1.5, null] }]);
    expect(Math.abs(message!.publishedAt!.getTime() - Date.now())).toBeLessThan(10_000);
    expect(message!.expiresAt).toEqual(sent.expiresAt);
  });

  it("hears its own publishes once, and lets no local name out", async () => {
    const [a, b] = await Promise.all([connected(), connected()]);
    const heard: string[] = [];
    const elsewhere: string[] = [];
    a.followingFunction("*:t2", (message) => heard.push(message.id));
    b.followingFunction("*:t2", (message) => elsewhere.push(message.id));
    await b.flush();
    for (const id of ["one:t2", "_own:t2", "two:t2"]) await a.publish(id);
    await until(() => elsewhere.length === 2);
    await a.publish("last:t2");
    expect(heard).toEqual(["one:t2", "_own:t2", "two:t2", "last:t2"]);
    await until(() => elsewhere.length === 3);
    expect(elsewhere).toEqual(["one:t2", "two:t2", "last:t2"]);
  });

  it("keeps the order of many, and counts them all", async () => {
    const [a, b] = await Promise.all([connected(), connected()]);
    const heard: number[] = [];
    b.followingFunction("t3:n", (message) => heard.push(message.args[0]));
    await b.flush();
    const count = wire === "grpc" ? 50_000 : 5_000;
    const numbers = Array.from({ length: count }, (_, n) => ["t3:n", n] as const);
    expect(await a.publishMany(numbers)).toMatchObject({ followers: count, queues: 0 });
    await until(() => heard.length === count);
    expect(heard.every((n, index) => n === index)).toBe(true);
  });

  it("refuses one message for itself: too large, not encodable", async () => {
    const [a, b] = await Promise.all([connected(), connected()]);
    const stream = b.follow("t4:x");
    await b.flush();
    const large = a.publish("t4:x", Buffer.alloc(4 * 1024 * 1024));
    const strange = a.publish("t4:x", new Date());
    const fine = a.publish("t4:x", Buffer.alloc(4 * 1024 * 1024 - 1000, 1));
    await expect(large).rejects.toThrow(MessageTooLarge);
    await expect(strange).rejects.toThrow(NotEncodable);
    expect(await fine).toMatchObject({ followers: 1 });
    expect((await take(stream, 1))[0]!.args[0]).toHaveLength(4 * 1024 * 1024 - 1000);
  });

  it("asks and talks across processes", async () => {
    const [a, b] = await Promise.all([connected(), connected()]);
    b.followingFunction("t5:double", (message) => message.args[0] * 2);
    b.followingFunction("t5:fail", () => {
      throw new RangeError("too far");
    });
    b.followingFunction("t5:guarded", () => 1, { guard: () => false });
    await b.flush();
    expect(await a.ask("t5:double", 21)).toBe(42);
    await expect(a.ask("t5:fail")).rejects.toThrow(HandlerFailed);
    await expect(a.ask("t5:guarded")).rejects.toThrow(NoFollowers);
    await expect(a.ask("t5:nobody")).rejects.toThrow(NoFollowers);
    const results = a.follow("t5:done");
    await a.flush();
    const { messageId } = await a.talk("t5:double", "t5:done", 4);
    const [answer] = await take(results, 1);
    expect(answer!.answer).toEqual({ to: messageId, number: 1, of: 1, failed: false });
    expect(answer!.args).toEqual([8]);
  });

  it("asks thousands of times over one connection", async () => {
    const [a, b] = await Promise.all([connected(), connected()]);
    b.followingFunction("t12:echo", (message) => message.args[0]);
    await b.flush();
    // Servers of HTTP/2 close a connection that resets a thousand streams.
    const times = wire === "grpc" ? 1500 : 200;
    for (let n = 0; n < times; n++) expect(await a.ask("t12:echo", n)).toBe(n);
  });

  it("follows as somebody who answers once a handler joins a stream, and not after it left", async () => {
    const [a, b] = await Promise.all([connected(), connected()]);
    b.follow("t13:x");
    await b.flush();
    await expect(a.ask("t13:x")).rejects.toThrow(NoFollowers);
    const following = b.followingFunction("t13:x", () => "here");
    await b.flush();
    expect(await a.ask("t13:x")).toBe("here");
    following.unfollow();
    await b.flush();
    await expect(a.ask("t13:x")).rejects.toThrow(NoFollowers);
  });

  it("asks everybody, itself included", async () => {
    const buses = await Promise.all([connected(), connected(), connected()]);
    buses.forEach((bus, index) => void bus.followingFunction("t6:who", () => index));
    await Promise.all(buses.map((bus) => bus.flush()));
    const answers: unknown[] = [];
    for await (const answer of buses[0]!.within(5).askMany("t6:who")) answers.push(answer);
    expect(answers.sort()).toEqual([0, 1, 2]);
  });

  it("keeps its queues at the gateway", async () => {
    const [a, b] = await Promise.all([connected(), connected()]);
    const queue = await a.queue("t7:*", { shared: true, maxAttempts: 2, backoff: [0.1, 0.1] });
    const same = await b.queue("t7:*", { shared: true, maxAttempts: 2, backoff: [0.1, 0.1] });
    expect(await b.publish("t7:x", 1)).toMatchObject({ queues: 1 });
    const first = (await queue.get({ autoAck: false }))!;
    expect(first.attempt).toBe(1);
    expect(first.deadline!.getTime()).toBeGreaterThan(Date.now());
    await first.extend(60);
    await first.release();
    await (await same.get({ autoAck: false }))!.retry();
    await (await same.get({ autoAck: false, timeout: 5 }))!.reject("no good");
    expect((await queue.dead.get({ timeout: 5 }))!.args).toEqual([1]);
    expect(await queue.status()).toMatchObject({ ready: 0, delayed: 0, leased: 0 });
    await queue.delete();
    await expect(same.qsize()).rejects.toThrow(QueueNotFound);
  });

  it("has deliveries pushed, and leaves what it did not settle", async () => {
    const bus = await connected();
    const queue = await bus.queue("t8:*");
    await bus.publishMany(Array.from({ length: 500 }, (_, n) => ["t8:x", n] as const));
    const seen: unknown[] = [];
    for await (const delivery of queue.consume({ credit: 7 })) {
      seen.push(delivery.message.args[0]);
      void delivery.ack();
      if (seen.length === 499) break;
    }
    expect(seen).toEqual(Array.from({ length: 499 }, (_, n) => n));
    expect((await queue.get({ timeout: 5 }))!.args).toEqual([499]);
    const waiting = queue.get();
    await bus.publish("t8:x", "late");
    expect((await waiting)!.args).toEqual(["late"]);
  });
});

wires("a bus over %s whose gateway goes", (wire) => {
  beforeAll(() => {
    scheme = wire;
  });

  it("comes back by itself, follows again and sends what it held", async () => {
    await using first = await Gateway.start();
    const [a, b] = [await connected(first), await connected(first)];
    const heard: unknown[] = [];
    b.followingFunction("t9:x", (message) => heard.push(message.args[0]));
    await b.flush();
    await a.publish("t9:x", "before");
    await first.stop("SIGKILL");
    const meanwhile = a.publish("t9:x", "meanwhile");
    await using _second = await Gateway.start(first.port);
    await meanwhile;
    await until(async () => (await a.publish("t9:x", "after")).followers === 1);
    await until(() => heard.at(-1) === "after");
    expect(heard[0]).toBe("before");
  });

  it("holds no more than it may, and says so", async () => {
    await using own = await Gateway.start();
    const bus = await connected(own, { maxHeld: 10 });
    await own.stop("SIGKILL");
    const sent = Array.from({ length: 11 }, (_, n) => bus.publish("t10:x", n));
    await expect(sent[10]).rejects.toThrow(BacklogFull);
    await using _again = await Gateway.start(own.port);
    const settled = await Promise.allSettled(sent);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  });

  it("loses no accepted publish when it drains under load", async () => {
    await using first = await Gateway.start();
    const bus = await connected(first);
    const count = 20_000;
    const receipt = bus.publishMany(Array.from({ length: count }, (_, n) => ["t11:x", n] as const));

    const stopped = first.stop("SIGTERM");
    await stopped;

    await using _second = await Gateway.start(first.port);

    expect(await receipt).toMatchObject({ followers: 0, queues: 0 });

    await bus.flush();
  });
});
