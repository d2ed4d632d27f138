// Queues over a clock that stands still: waiting, taking turns, leases, attempts, dead letters.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batch } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import { Message } from "../gen/berrymq/v1/message.js";
import type { DeepPartial, Queue } from "../gen/berrymq/v1/queue.js";
import { SECOND } from "../model/clock.js";
import type { BrokerQueue } from "./queue.js";
import type { Settlement } from "./settling.js";
import type { Delivery, Taker } from "./takers.js";

const LEASE = 30 * SECOND;
const never = new AbortController().signal;
let broker: TestBroker;
let queue: BrokerQueue;

beforeEach(async () => {
  await open({});
});

afterEach(() => {
  expect(broker.faults).toEqual([]);
});

async function open(options: DeepPartial<Queue>): Promise<void> {
  broker = new TestBroker();
  queue = await broker.queue({ name: "q", patterns: ["q:*"], ...options });
}

const publish = (...actions: string[]) =>
  broker.publish(batch(...actions.map((action) => ({ identifier: `q:${action}` })))).stored;
const get = (max = 1, wait = 0, signal = never) => queue.get(max, LEASE, wait, signal);
const actions = (deliveries: readonly { body: Buffer }[]) =>
  deliveries.map(({ body }) => Message.decode(body).identifier.slice(2));
type Said = Settlement extends infer One ? (One extends Settlement ? Omit<One, "lease"> : never) : never;
const settle = (delivery: Delivery, said: Said) => queue.settle([{ lease: delivery.lease, ...said } as Settlement]);
const getOne = async () => (await get())[0]!;

describe("waiting", () => {
  test("a get that does not wait is empty at once", async () => {
    expect(await get()).toEqual([]);
  });

  test("a get that waits has the message as soon as it comes", async () => {
    const got = get(1, 10 * SECOND);
    await turn();
    await publish("1");
    expect(actions(await got)).toEqual(["1"]);
  });

  test("a get that waits in vain is empty after its time, and takes nothing later", async () => {
    const got = get(1, 10 * SECOND);
    await turn();
    await broker.clock.advance(10 * SECOND);
    expect(await got).toEqual([]);
    await publish("1");
    await turn();
    expect(queue.stats()).toMatchObject({ ready: 1, leased: 0 });
  });

  test("who waits is served in the order in which he came", async () => {
    const order: string[] = [];
    const waiting = ["first", "second", "third"].map(async (name) => {
      const got = get(1, 10 * SECOND);
      order.push(`${name}:${actions(await got)}`);
    });
    await turn();
    await publish("1", "2", "3");
    await Promise.all(waiting);
    expect(order).toEqual(["first:1", "second:2", "third:3"]);
  });

  test("a get that comes later does not overtake those who wait", async () => {
    const first = get(1, 10 * SECOND);
    await turn();
    const stored = publish("1");
    const second = get(1, 10 * SECOND);
    await stored;
    expect(actions(await first)).toEqual(["1"]);
    await publish("2");
    expect(actions(await second)).toEqual(["2"]);
  });

  test("a get that is cancelled while it waits takes nothing", async () => {
    const gone = new AbortController();
    const got = get(1, 10 * SECOND, gone.signal);
    await turn();
    gone.abort();
    expect(await got).toEqual([]);
    await publish("1");
    await turn();
    expect(queue.stats()).toMatchObject({ ready: 1, leased: 0 });
  });

  test.each([LEASE, undefined])("a get that is cancelled as it is served loses nothing (lease %s)", async (lease) => {
    for (const cancelAfter of [0, 1, 2, 3, 4, 5]) {
      await open({});
      const gone = new AbortController();
      const got = queue.get(1, lease, 10 * SECOND, gone.signal);
      await turn();
      const stored = publish("1");
      for (let i = 0; i < cancelAfter; i++) await Promise.resolve();
      gone.abort();
      await stored;
      const delivered = await got;
      await turn();
      const { ready, leased } = queue.stats();
      expect(ready + (lease === undefined ? delivered.length : leased)).toBe(1);
      expect(leased).toBe(lease === undefined ? 0 : delivered.length);
    }
  });

  test("deleting the queue tells whoever waits", async () => {
    const got = get(1, 10 * SECOND);
    await turn();
    const told = expect(got).rejects.toMatchObject({ reason: "QUEUE_NOT_FOUND" });
    await broker.broker.queues.delete("q");
    await told;
  });
});

describe("leases", () => {
  test("a lease that lapses is an attempt, and the message comes again at its old place", async () => {
    await publish("1", "2");
    expect((await getOne()).attempt).toBe(1);
    await broker.clock.advance(LEASE);
    const again = await get(2);
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 1]);
    expect(actions(again)).toEqual(["1", "2"]);
  });

  test("a lapsed lease wakes who waits", async () => {
    await publish("1");
    await getOne();
    const got = get(1, 60 * SECOND);
    await turn();
    await broker.clock.advance(LEASE);
    expect(actions(await got)).toEqual(["1"]);
  });

  test("settling after the lease was lost is answered so", async () => {
    await publish("1");
    const delivery = await getOne();
    await broker.clock.advance(LEASE);
    await getOne();
    expect(await queue.settle([{ lease: "never.was.1", verb: "ack" }])).toEqual(["lost"]);
    expect(queue.stats().leased).toBe(1);
    expect(delivery.deadline).toBe(broker.clock.now());
  });

  test("a delivery that was given back is lost to who had it, and he harms nobody with a verdict", async () => {
    await publish("1");
    const old = await getOne();
    await queue.giveBack([old]);
    expect(await settle(old, { verb: "ack" })).toEqual(["lost"]);
    const again = await getOne();
    expect(again.attempt).toBe(1);
    expect(await settle(old, { verb: "reject", why: "late" })).toEqual(["lost"]);
    expect(await queue.extend([old.lease], LEASE)).toEqual([undefined]);
    expect(await settle(again, { verb: "ack" })).toEqual(["done"]);
  });

  test("an extended lease does not lapse before its new end", async () => {
    await publish("1");
    const delivery = await getOne();
    await broker.clock.advance(LEASE - SECOND);
    const [end] = await queue.extend([delivery.lease], LEASE);
    expect(end).toBe(broker.clock.now() + LEASE);
    await broker.clock.advance(LEASE - 1);
    expect(await get()).toEqual([]);
    await broker.clock.advance(1);
    expect((await getOne()).attempt).toBe(2);
  });

  test("extending what is lost is answered so", async () => {
    expect(await queue.extend(["never.was.1"], LEASE)).toEqual([undefined]);
  });
});

describe("verdicts", () => {
  test("ack forgets, also twice", async () => {
    await publish("1");
    const delivery = await getOne();
    expect(await settle(delivery, { verb: "ack" })).toEqual(["done"]);
    expect(await settle(delivery, { verb: "ack" })).toEqual(["done"]);
    await broker.clock.advance(LEASE);
    expect(queue.stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
  });

  test("release gives back at the old place, not counted", async () => {
    await publish("1", "2");
    await settle(await getOne(), { verb: "release" });
    const again = await get(2);
    expect(actions(again)).toEqual(["1", "2"]);
    expect(again[0]!.attempt).toBe(1);
  });

  test("retry waits the queue's backoff, which doubles up to its most", async () => {
    await open({ backoff: { first: { seconds: 1n }, most: { seconds: 3n } } });
    await publish("1");
    for (const seconds of [1, 2, 3, 3]) {
      await settle(await getOne(), { verb: "retry", delay: undefined });
      await broker.clock.advance(seconds * SECOND - 1);
      expect(await get()).toEqual([]);
      await broker.clock.advance(1);
    }
    expect((await getOne()).attempt).toBe(5);
  });

  test("retry with a delay waits that long, and one of nothing not at all", async () => {
    await publish("1");
    await settle(await getOne(), { verb: "retry", delay: 7 * SECOND });
    expect(queue.stats().delayed).toBe(1);
    await broker.clock.advance(7 * SECOND);
    await settle(await getOne(), { verb: "retry", delay: 0 });
    expect((await getOne()).attempt).toBe(3);
  });

  test("a delay that ends wakes who waits", async () => {
    await publish("1");
    await settle(await getOne(), { verb: "retry", delay: 7 * SECOND });
    const got = get(1, 60 * SECOND);
    await turn();
    await broker.clock.advance(7 * SECOND);
    expect(actions(await got)).toEqual(["1"]);
  });

  test("a verdict on many leases answers each in its place", async () => {
    await publish("1", "2");
    const [one, two] = await get(2);
    const settled = await queue.settle([
      { lease: "never.was.1", verb: "retry", delay: undefined },
      { lease: two!.lease, verb: "ack" },
      { lease: one!.lease, verb: "reject", why: "no" },
    ]);
    expect(settled).toEqual(["lost", "done", "dead"]);
  });
});

describe("dead letters", () => {
  const dead = () => broker.broker.queues.get("q.dead");
  const attributesOf = async () => Message.decode((await dead().peek(1))[0]!.body).attributes;

  test("a rejected message goes there with why, where and when, and is told of", async () => {
    const listener = broker.follow("berrymq:dead_letter");
    await publish("1");
    await settle(await getOne(), { verb: "reject", why: "rotten" });
    expect(await attributesOf()).toMatchObject({
      "berrymq-dead-queue": "q",
      "berrymq-dead-reason": "rotten",
      "berrymq-dead-attempts": "1",
      "berrymq-dead-at": new Date(broker.clock.now() / 1000).toISOString(),
    });
    expect(String(listener.take(10_000)?.[0])).toMatch(
      /\{"queue":"q","dead_queue":"q\.dead",.*"reason":"rotten","attempts":1\}/,
    );
  });

  test("the last attempt that is retried goes there", async () => {
    await open({ maxAttempts: 2 });
    await publish("1");
    expect(await settle(await getOne(), { verb: "retry", delay: 0 })).toEqual(["done"]);
    expect(await settle(await getOne(), { verb: "retry", delay: 0 })).toEqual(["dead"]);
    expect(queue.stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
    expect((await attributesOf())["berrymq-dead-reason"]).toBe("retried after attempt 2 of 2");
  });

  test("who settles what was given up again is told so again, whatever the verdict, and nobody else is", async () => {
    await open({ maxAttempts: 1 });
    const listener = broker.follow("berrymq:dead_letter");
    await publish("1", "2");
    const [{ lease }, other] = [await getOne(), await getOne()];
    const retry = { lease, verb: "retry", delay: undefined } as const;
    const acked = { lease: other.lease, verb: "ack" } as const;
    expect(await queue.settle([retry, retry, acked])).toEqual(["dead", "dead", "done"]);
    expect(
      await queue.settle([
        { lease, verb: "ack" },
        { ...acked, verb: "reject", why: "no" },
      ]),
    ).toEqual(["dead", "done"]);
    expect(dead().stats().ready).toBe(1);
    expect(listener.take(10_000)).toHaveLength(1);
  });

  test("the last lease that lapses goes there", async () => {
    await open({ maxAttempts: 1 });
    await publish("1");
    await getOne();
    await broker.clock.advance(LEASE);
    await turn();
    expect((await attributesOf())["berrymq-dead-reason"]).toBe("the lease ran out after attempt 1 of 1");
  });

  test("releasing as often as one likes does not lead there", async () => {
    await open({ maxAttempts: 1 });
    await publish("1");
    for (let i = 0; i < 5; i++) await settle(await getOne(), { verb: "release" });
    expect((await getOne()).attempt).toBe(1);
  });

  test("a dead letter that is rejected is forgotten: there is nowhere further to go", async () => {
    await publish("1");
    await settle(await getOne(), { verb: "reject", why: "no" });
    const [letter] = await dead().get(1, LEASE, 0, never);
    expect(await dead().settle([{ lease: letter!.lease, verb: "reject", why: "no" }])).toEqual(["dead"]);
    expect(dead().stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
  });
});

describe("pausing", () => {
  test("a paused queue hands out nothing, takes in, and may be settled", async () => {
    await publish("1", "2");
    const held = await getOne();
    await broker.broker.queues.setPaused("q", { all: true });
    expect(await get()).toEqual([]);
    await publish("3");
    expect(await settle(held, { verb: "ack" })).toEqual(["done"]);
    expect(queue.stats().ready).toBe(2);
  });

  test("resuming wakes who waits", async () => {
    await broker.broker.queues.setPaused("q", { all: true });
    await publish("1");
    const got = get(1, 10 * SECOND);
    await turn();
    await broker.broker.queues.setPaused("q", { all: false });
    expect(actions(await got)).toEqual(["1"]);
  });
});

describe("consumers", () => {
  function consumer(want: number, lease: number | undefined = LEASE): { taken: string[]; taker: Taker } {
    const taken: string[] = [];
    let left = want;
    const give = (deliveries: Delivery[]) => {
      left -= deliveries.length;
      taken.push(...actions(deliveries));
    };
    return { taken, taker: { lease, pushed: true, want: () => left, give, gone: () => {} } };
  }

  test("take as much as they have credit for, in turn", async () => {
    const [one, two] = [consumer(2), consumer(9)];
    queue.attach(one.taker);
    queue.attach(two.taker);
    for (const action of ["1", "2", "3", "4", "5"]) await publish(action);
    await turn();
    expect([one.taken, two.taken]).toEqual([
      ["1", "3"],
      ["2", "4", "5"],
    ]);
    expect(queue.consumers).toBe(2);
  });

  test("who is detached is given nothing more", async () => {
    const one = consumer(9);
    queue.attach(one.taker);
    queue.detach(one.taker);
    await publish("1");
    await turn();
    expect([one.taken, queue.stats().ready]).toEqual([[], 1]);
  });
});

test("making a queue again with the same options finds it, with others it is refused", async () => {
  expect(await broker.queue({ name: "q", patterns: ["q:*"] })).toBe(queue);
  await expect(broker.queue({ name: "q", patterns: ["z:*"] })).rejects.toMatchObject({ reason: "QUEUE_EXISTS" });
});
