import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bus, InvalidArgument, InvalidIdentifier, QueueExists } from "../src/index.js";
import { Gateway } from "./support/gateway.js";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway?.stop());

const several = ["task:*", "job:*"];

describe.each(["in the process", "at a gateway"])("a queue of several patterns %s", (place) => {
  async function open(): Promise<Bus> {
    const bus = new Bus();
    return place === "at a gateway" ? bus.connect(gateway.url) : bus;
  }

  it("keeps what one of them matches, and what two of them match once", async () => {
    await using bus = await open();
    const work = await bus.queue([...several, "*:urgent"], { name: "work", dedupe: 0 });
    const reached: number[] = [];
    for (const identifier of ["task:a", "job:urgent", "other:a", "*:urgent", "other:urgent"]) {
      reached.push((await bus.publish(identifier)).queues);
    }
    expect(reached).toEqual([1, 1, 0, 1, 1]);
    const kept = await work.getMany(9, { timeout: 5 });
    expect(kept.map(({ id }) => id)).toEqual(["task:a", "job:urgent", "*:urgent", "other:urgent"]);
    expect([work.patterns, work.dead.patterns]).toEqual([["*:urgent", "job:*", "task:*"], []]);
  });

  it("is the same for whoever names the same ones, in any order", async () => {
    await using bus = await open();
    const first = await bus.queue(several, { shared: true, name: "same" });
    await bus.queue(["job", "task:*", "job:*"], { shared: true, name: "same" });
    await expect(bus.queue("task:*", { shared: true, name: "same" })).rejects.toThrow(QueueExists);
    expect((await bus.queue({ shared: true, name: "same" })).patterns).toEqual(first.patterns);
    await first.delete();
    expect(bus.showFollowers()).toEqual([]);
  });

  it("feeds a handler that knows one of them", async () => {
    await using bus = await open();
    const queue = await bus.queue(several, { shared: true, name: "fed" });
    const heard: string[] = [];
    const following = bus.followingFunction("task:*", ({ id }) => heard.push(id), { queue: "fed" });
    await bus.flush();
    await bus.publish("job:a");
    await expect.poll(() => heard).toEqual(["job:a"]);
    following.unfollow();
    await queue.delete();
  });

  it.each([
    [several, undefined, InvalidArgument, "needs a name"],
    [[], "work", InvalidArgument, "0 of them"],
    [Array.from({ length: 101 }, (_, n) => `t${n}:*`), "work", InvalidArgument, "101 of them"],
    [["task:*", "_own:*"], "work", InvalidArgument, "_own:*"],
    [["task:*", "a:b*"], "work", InvalidIdentifier, "b*"],
    [["task:*", 5], "work", InvalidIdentifier, "5"],
    [null, "work", InvalidIdentifier, "null"],
    [{ name: "work" }, undefined, InvalidArgument, "without a pattern"],
    [{ shared: true }, "", InvalidArgument, "without a pattern"],
    [{ name: "task:*", shared: true }, undefined, InvalidArgument, "give one"],
  ])("is refused for %j named %s", async (patterns, name, kind, says) => {
    await using bus = await open();
    const made = bus.queue(patterns as string[], name === undefined ? {} : { name });
    await expect(made).rejects.toThrow(kind);
    await expect(made).rejects.toThrow(says);
    expect(bus.showFollowers()).toEqual([]);
  });

  it("needs no name where doubles collapse to one", async () => {
    await using bus = await open();
    const tasks = await bus.queue(["task:*", "task"], { shared: true });
    expect([tasks.name, tasks.patterns]).toEqual(["task:*", ["task:*"]]);
    const many = Array.from({ length: 100 }, (_, n) => `t${n}:*`);
    expect((await bus.queue(many, { name: "many" })).patterns).toHaveLength(100);
    await tasks.delete();
  });
});

it("a queue that is made again by who said nothing of it, is as it was, its patterns sorted as every language sorts", async () => {
  const own = await Gateway.start();
  const bus = await new Bus().connect(own.url);
  const patterns = ["😀:*", "！:*", "a:*"];
  await bus.queue(patterns, { shared: true, name: "work", maxMessages: 2, ttl: 600.5 });
  const queue = await bus.queue({ shared: true, name: "work" });
  expect(queue.patterns).toEqual(["a:*", "！:*", "😀:*"]);
  await queue.pause();
  await queue.resume();
  await own.stop("SIGKILL");
  const again = await Gateway.start(own.port);
  await bus.publish("other:x");
  expect(await queue.qsize()).toBe(0);
  expect([(await bus.publish("😀:x")).queues, (await bus.publish("a:x")).queues]).toEqual([1, 1]);
  expect(await queue.full()).toBe(true);
  await bus.queue(patterns, { shared: true, name: "work", maxMessages: 2, ttl: 600.5 });
  await bus.close();
  await again.stop();
}, 30_000);
