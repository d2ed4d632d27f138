import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Acknowledging } from "../src/acknowledging.js";
import { Message } from "../src/index.js";
import { connected, quiet } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { take, until } from "./support/until.js";

const important = (identifier: string, ...args: unknown[]) =>
  new Message(identifier, ...args).with({ requireAck: true });

describe("acknowledging", () => {
  const watch = () => {
    const acknowledged: string[] = [];
    const acknowledging = new Acknowledging((id) => acknowledged.push(id));
    const message = important("a:b");
    return { acknowledged, acknowledging, message, watching: acknowledging.expect(message, undefined) };
  };

  it("happens once, when all handlers have returned", () => {
    const { acknowledged, message, watching } = watch();
    watching.begin(2);
    watching.returned(1, null);
    watching.reached({ followers: 2, queues: 0 });
    expect(acknowledged).toEqual([]);
    watching.returned(2, null);
    expect(acknowledged).toEqual([message.messageId]);
  });

  it("does not happen when one of them threw, nor when nobody was reached", () => {
    const one = watch();
    one.watching.begin(2);
    one.watching.threw(1, new Error());
    one.watching.returned(2, null);
    one.watching.reached({ followers: 2, queues: 0 });
    const other = watch();
    other.watching.begin(0);
    other.watching.reached({ followers: 0, queues: 0 });
    expect([...one.acknowledged, ...other.acknowledged]).toEqual([]);
  });

  it("happens as a stream's iteration takes the message, where only streams follow", () => {
    const { acknowledged, acknowledging, message, watching } = watch();
    watching.begin(0);
    watching.reached({ followers: 1, queues: 0 });
    expect(acknowledged).toEqual([]);
    acknowledging.taken(message);
    acknowledging.taken(message);
    expect(acknowledged).toEqual([message.messageId]);
  });
});

describe("a message with requireAck", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await Gateway.start();
  });
  afterAll(() => gateway.stop("SIGKILL"));

  it("reaches who follows later, once", async () => {
    const a = await connected(gateway);
    await a.publish(important("late:x", 1));
    const heard: unknown[] = [];
    const b = await connected(gateway);
    b.followingFunction("late:x", async ({ args, requireAck }) => void heard.push([args[0], requireAck]));
    await b.flush();
    await until(() => heard.length === 1);
    await a.publish(important("late:x", 2));
    await until(() => heard.length === 2);
    const c = await connected(gateway);
    let again = 0;
    c.followingFunction("late:x", () => again++);
    await c.flush();
    await a.publish("late:x", 3);
    await until(() => again === 1);
    expect(heard.slice(0, 2)).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  it("comes again, with a higher attempt, when a handler threw", async () => {
    const [a, b] = [await connected(gateway), await connected(gateway)];
    const attempts: number[] = [];
    let others = 0;
    b.followingFunction("thrown:x", ({ attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new Error("not now");
    });
    b.followingFunction("thrown:x", () => others++);
    await b.flush();
    await a.publish(important("thrown:x"));
    await until(() => attempts.length === 2, 15);
    expect(attempts).toEqual([1, 2]);
    expect(others).toBe(2);
  });

  it("is acknowledged when a stream gave it out", async () => {
    const [a, b] = [await connected(gateway), await connected(gateway)];
    const stream = b.follow("streamed:x");
    await b.flush();
    await a.publish(important("streamed:x", 1));
    expect((await take(stream, 1))[0]!.args).toEqual([1]);
    await b.flush();
    await b.close();
    const c = await connected(gateway);
    const heard: unknown[] = [];
    c.followingFunction("streamed:x", ({ args }) => heard.push(args[0]));
    await c.flush();
    await a.publish("streamed:x", 2);
    await until(() => heard.includes(2));
    expect(heard).toEqual([2]);
  });

  it("is an ordinary message in a bus that is not connected", async () => {
    const bus = quiet();
    let heard = 0;
    bus.followingFunction("a:b", () => {
      heard++;
      throw new Error("once");
    });
    expect(await bus.publish(important("a:b"))).toMatchObject({ followers: 1 });
    expect(heard).toBe(1);
  });
});
