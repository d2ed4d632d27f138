// Policy `broadcast`: every consumer that is there gets every message, and none is lost when one of them goes.
import { afterEach, beforeEach, expect, test } from "vitest";
import { batch } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import { Policy } from "../gen/berrymq/v1/queue.js";
import { SECOND } from "../model/clock.js";
import type { BrokerQueue } from "./queue.js";
import type { Delivery, Taker } from "./takers.js";

const LEASE = 30 * SECOND;
let broker: TestBroker;
let queue: BrokerQueue;

beforeEach(async () => {
  broker = new TestBroker();
  queue = await broker.queue({ name: "q", patterns: ["a:b"], policy: Policy.POLICY_BROADCAST });
});
afterEach(() => expect(broker.faults).toEqual([]));

class Consumer implements Taker {
  readonly got: Delivery[] = [];
  readonly pushed = true;
  readonly lease: number | undefined;

  constructor(options: { autoAck: boolean } = { autoAck: false }) {
    this.lease = options.autoAck ? undefined : LEASE;
    queue.attach(this);
  }

  credit = 10;

  want(): number {
    return this.credit - this.got.length;
  }

  give(deliveries: Delivery[]): void {
    this.got.push(...deliveries);
  }

  gone(): void {}
}

const publish = async (count = 1) => {
  await broker.publish(batch(...Array.from({ length: count }, () => ({})))).stored;
  await turn();
  await turn();
};
const settle = async ({ lease }: Delivery, verb: "ack" | "release" | "retry" = "ack") => {
  const [settled] = await queue.settle([verb === "retry" ? { lease, verb, delay: undefined } : { lease, verb }]);
  await turn();
  return settled;
};

test("every consumer gets every message, under a lease of its own", async () => {
  const consumers = [new Consumer(), new Consumer(), new Consumer()];
  await publish(2);
  expect(consumers.map(({ got }) => got.length)).toEqual([2, 2, 2]);
  expect(new Set(consumers.flatMap(({ got }) => got.map(({ lease }) => lease))).size).toBe(6);
});

test("a consumer that is busy is waited for, so that it misses nothing", async () => {
  const [slow, quick] = [new Consumer(), new Consumer()];
  slow.credit = 1;
  await publish(3);
  expect([slow.got.length, quick.got.length]).toEqual([1, 1]);
  await settle(quick.got[0]!);
  expect(quick.got).toHaveLength(1);
  slow.credit = 3;
  await settle(slow.got[0]!);
  expect([slow.got.length, quick.got.length]).toEqual([3, 3]);
});

test("a consumer that settles first and gives credit later misses nothing", async () => {
  const [slow, quick] = [new Consumer(), new Consumer()];
  slow.credit = 1;
  await publish(2);
  await settle(slow.got[0]!);
  await settle(quick.got[0]!);
  expect([slow.got.length, quick.got.length]).toEqual([1, 1]);
  slow.credit = 2;
  queue.wake();
  await turn();
  expect([slow.got.length, quick.got.length]).toEqual([2, 2]);
});

test("a consumer that hangs is waited for no longer than its lease", async () => {
  const [hung, living] = [new Consumer(), new Consumer()];
  hung.credit = 1;
  await publish(2);
  await broker.clock.advance(LEASE + SECOND);
  await turn();
  expect([hung.got.length, living.got.length]).toEqual([1, 3]);
});

test("a message is gone when all have settled it and one has acknowledged it", async () => {
  const [one, two] = [new Consumer(), new Consumer()];
  await publish();
  expect(await settle(one.got[0]!)).toBe("done");
  expect(queue.stats().leased).toBe(1);
  expect(await settle(two.got[0]!, "release")).toBe("done");
  expect(queue.stats()).toMatchObject({ ready: 0, leased: 0 });
});

test("the last of all who failed at its last attempt learns that it is dead, and nobody does when one has acknowledged it", async () => {
  queue = await broker.queue({ name: "once", patterns: ["c:d"], policy: Policy.POLICY_BROADCAST, maxAttempts: 1 });
  const [one, two] = [new Consumer(), new Consumer()];
  await broker.publish(batch({ identifier: "c:d" }, { identifier: "c:d" })).stored;
  await turn();
  await turn();
  expect(await settle(one.got[0]!, "retry")).toBe("done");
  expect(await settle(two.got[0]!, "retry")).toBe("dead");
  expect(await settle(one.got[1]!, "ack")).toBe("done");
  expect(await settle(two.got[1]!, "retry")).toBe("done");
  expect(broker.broker.queues.get("once.dead").stats().ready).toBe(1);
});

test("a message that nobody acknowledged comes again to all", async () => {
  const [one, two] = [new Consumer(), new Consumer()];
  await publish();
  await settle(one.got[0]!, "release");
  await settle(two.got[0]!, "release");
  expect([one.got.length, two.got.length]).toEqual([2, 2]);
});

test("a consumer that dies mid-way leaves the message to the others", async () => {
  const [dying, living] = [new Consumer(), new Consumer()];
  await publish();
  queue.detach(dying);
  await queue.giveBack(dying.got);
  expect(queue.stats().leased).toBe(1);
  await settle(living.got[0]!);
  expect(queue.stats()).toMatchObject({ ready: 0, leased: 0 });
});

test("when all of them die, the message waits for the next", async () => {
  const both = [new Consumer(), new Consumer()];
  await publish();
  for (const each of both) queue.detach(each);
  for (const each of both) await queue.giveBack(each.got);
  expect(queue.stats()).toMatchObject({ ready: 1, leased: 0 });
});

test("settling one copy twice does not settle the other's", async () => {
  const [one, two] = [new Consumer(), new Consumer()];
  await publish();
  await settle(one.got[0]!);
  await settle(one.got[0]!);
  expect(queue.stats().leased).toBe(1);
  await settle(two.got[0]!);
  expect(queue.stats().leased).toBe(0);
});

test("a lease that ran out ends all copies, and the message comes again, counted", async () => {
  const [one, two] = [new Consumer(), new Consumer()];
  await publish();
  await broker.clock.advance(LEASE + SECOND);
  await turn();
  expect([one, two].map(({ got }) => got[1]?.attempt)).toEqual([2, 2]);
  expect(await settle(one.got[0]!)).toBe("lost");
});

test("several verdicts of one call are answered each for itself", async () => {
  const [one, two] = [new Consumer(), new Consumer()];
  await publish(2);
  await settle(two.got[1]!);
  const leases = [one.got[0]!.lease, "unknown", one.got[1]!.lease];
  expect(await queue.settle(leases.map((lease) => ({ lease, verb: "ack" })))).toEqual(["done", "lost", "done"]);
  expect(queue.stats().leased).toBe(1);
});

test("consumers that acknowledge on the way out share a message with one that does not", async () => {
  const [quick, careful] = [new Consumer({ autoAck: true }), new Consumer()];
  await publish();
  expect([quick.got[0]?.lease, careful.got.length]).toEqual(["", 1]);
  await settle(careful.got[0]!, "release");
  expect(queue.stats()).toMatchObject({ ready: 0, leased: 0 });
});
