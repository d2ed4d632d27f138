import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidArgument, Message, type Queue } from "../src/index.js";
import { connected } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { until } from "./support/until.js";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway.stop("SIGKILL"));

describe("a queue at a gateway", () => {
  it("hands out by priority, and tells it and the attempt", async () => {
    const bus = await connected(gateway);
    const queue = await bus.queue("prior:*", { backoff: [0.01, 0.01] });
    for (const priority of [0, 9, 5]) await bus.publish(new Message("prior:x", priority).with({ priority }));
    expect((await queue.getMany(3)).map(({ args, priority }) => [args[0], priority])).toEqual([
      [9, 9],
      [5, 5],
      [0, 0],
    ]);
    await bus.publish("prior:x");
    await (await queue.get({ autoAck: false }))!.retry(0);
    expect((await queue.get({ timeout: 5 }))!.attempt).toBe(2);
  });

  it("keeps ttl, delay and dedupe as it was told", async () => {
    const bus = await connected(gateway);
    const delayed = await bus.queue("timed:*", { delay: 0.3 });
    const brief = await bus.queue("timed:*", { ttl: 0.2 });
    const lax = await bus.queue("timed:*", { dedupe: 0 });
    const twice = new Message("timed:x", 1).with({ messageId: "the same" });
    for (let n = 0; n < 2; n++) await bus.publish(twice);
    expect(await delayed.status()).toMatchObject({ ready: 0, delayed: 1 });
    expect(await lax.qsize()).toBe(2);
    expect((await delayed.get({ timeout: 5 }))!.args).toEqual([1]);
    await until(() => brief.empty());
  });

  it("pushes to everybody where the policy is broadcast", async () => {
    const [a, b] = [await connected(gateway), await connected(gateway)];
    const options = { shared: true, name: "all", policy: "broadcast" } as const;
    const seen: string[] = [];
    const listen = async (who: string, queue: Queue) => {
      for await (const { message, ack } of wrap(queue)) {
        seen.push(`${who} ${message.args[0]}`);
        await ack();
      }
    };
    const queues = [await a.queue("all:*", options), await b.queue("all:*", options)];
    const ends = [listen("a", queues[0]!), listen("b", queues[1]!)];
    await until(async () => (await queues[0]!.status()).consumers === 2);
    await a.publish("all:x", 1);
    await until(() => seen.length === 2);
    expect(seen.sort()).toEqual(["a 1", "b 1"]);
    await until(async () => (await queues[0]!.status()).leased === 0);
    await Promise.all(queues.map((queue) => queue.close()));
    await Promise.all(ends);
  });

  it("moves its dead letters back, as many and as fast as was asked", async () => {
    const bus = await connected(gateway);
    const queue = await bus.queue("dead:*", { shared: true });
    for (let n = 0; n < 5; n++) await bus.publish("dead:x", n);
    for (const each of await queue.getMany(5, { autoAck: false })) await each.reject("no");
    await until(async () => (await queue.dead.qsize()) === 5);
    expect(await queue.dead.redrive({ max: 2, rate: 1000 })).toBe(2);
    expect((await queue.getMany(9, { autoAck: false })).map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(await queue.dead.redrive()).toBe(3);
    await expect(queue.redrive()).rejects.toThrow(InvalidArgument);
  });

  it("outlives the gateway unless it is transient", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berrymq-queue-"));
    try {
      await using first = await Gateway.start(0, folder);
      const bus = await connected(first);
      const kept = await bus.queue("kept:*", { shared: true });
      const transient = await bus.queue("gone:*", { shared: true, transient: true });
      for (const id of ["kept:x", "gone:x"]) expect(await bus.publish(id)).toMatchObject({ queues: 1 });
      await first.stop("SIGKILL");
      await using _second = await Gateway.start(first.port, folder);
      await until(async () => (await kept.qsize().catch(() => 0)) === 1);
      // Its maker makes it again, with the same options.
      expect(await transient.qsize()).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is there for its owner's next connection, for as long as standaloneTtl says", async () => {
    const bus = await connected(gateway);
    const queue = await bus.queue("own:*", { standaloneTtl: 0.1, name: "own-one" });
    const other = await connected(gateway);
    await expect(other.queue("own:*", { shared: true, name: "own-one" })).rejects.toThrow("own-one");
    expect(await queue.empty()).toBe(true);
  });
});

async function* wrap(queue: Queue) {
  for await (const delivery of queue.consume()) yield { message: delivery.message, ack: () => delivery.ack() };
}
