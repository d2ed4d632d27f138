// Dead letters on their way back, on a clock that stands still.
import { afterEach, beforeEach, expect, test } from "vitest";
import { batch } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import { Message } from "../gen/berrymq/v1/message.js";
import { SECOND } from "../model/clock.js";
import type { BrokerQueue } from "./queue.js";

const never = new AbortController().signal;
let broker: TestBroker;
let queue: BrokerQueue;
const dead = () => broker.broker.queues.get("q.dead");

beforeEach(async () => {
  broker = new TestBroker();
  queue = await broker.queue({ name: "q", patterns: ["a:b"], maxMessages: 50n });
});
afterEach(() => expect(broker.faults).toEqual([]));

async function bury(count: number, id?: (index: number) => string): Promise<void> {
  await broker.publish(batch(...Array.from({ length: count }, (_, index) => (id ? { id: id(index) } : {})))).stored;
  const deliveries = await queue.get(count, SECOND, 0, never);
  await queue.settle(deliveries.map(({ lease }) => ({ lease, verb: "reject", why: "spoilt" })));
  expect(dead().stats().ready).toBe(count);
}

/** Lets the clock run while it goes on; tells what it told. */
async function redrive(max: number, rate: number, from = dead(), ids: readonly string[] = []): Promise<number[]> {
  const told: number[] = [];
  let over = false;
  const work = (async () => {
    for await (const moved of broker.broker.redriving.redrive(from, { max, rate, ids: new Set(ids) }, never))
      told.push(moved);
  })().finally(() => {
    over = true;
  });
  work.catch(() => {});
  for (let turns = 0; turns < 1000 && !over; turns++) {
    await broker.clock.advance(SECOND / 100);
    await turn();
  }
  await work;
  return told;
}

test("they go back to where they came from, as if they were new", async () => {
  await bury(3);
  expect((await redrive(0, 100)).at(-1)).toBe(3);
  expect([dead().stats().ready, queue.stats().ready]).toEqual([0, 3]);
  const again = await queue.get(3, SECOND, 0, never);
  expect(again.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
});

test("what dies again tells of its earlier deaths, too", async () => {
  await bury(1);
  await redrive(0, 100);
  const [again] = await queue.get(1, SECOND, 0, never);
  await queue.settle([{ lease: again!.lease, verb: "reject", why: "spoilt still" }]);
  const { attributes } = Message.decode((await dead().peek(1))[0]!.body);
  const history: { reason: string }[] = JSON.parse(attributes["berrymq-dead-history"]!);
  expect(history.map(({ reason }) => reason)).toEqual(["spoilt", "spoilt still"]);
});

test("no more than asked for", async () => {
  await bury(5);
  expect((await redrive(2, 100)).at(-1)).toBe(2);
  expect([dead().stats().ready, queue.stats().ready]).toEqual([3, 2]);
});

test("those that are meant alone, at once; the others stay in their order, uncounted", async () => {
  await bury(5, (index) => `letter-${index}`);
  expect(await redrive(0, 1, dead(), ["letter-3", "letter-1", "nobody"])).toEqual([2]);
  const idsOf = async (from: BrokerQueue) => (await from.peek(9)).map(({ body }) => Message.decode(body).id);
  expect([await idsOf(queue), await idsOf(dead())]).toEqual([
    ["letter-1", "letter-3"],
    ["letter-0", "letter-2", "letter-4"],
  ]);
  expect((await dead().get(9, SECOND, 0, never)).map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  expect(await redrive(0, 1, dead(), ["letter-0"])).toEqual([0]);
});

test("of those that are meant no more than asked for, and none that its queue refuses", async () => {
  await bury(3, (index) => `letter-${index}`);
  expect(await redrive(1, 1, dead(), ["letter-2", "letter-1"])).toEqual([1]);
  await broker.publish(batch(...Array.from({ length: 49 }, () => ({})))).stored;
  await expect(redrive(0, 1, dead(), ["letter-2"])).rejects.toMatchObject({ reason: "QUEUE_FULL" });
  expect(dead().stats()).toMatchObject({ ready: 2, leased: 0 });
});

test("no faster than asked for", async () => {
  await bury(40);
  const before = broker.clock.now();
  const told = await redrive(0, 20);
  expect(told.at(-1)).toBe(40);
  const seconds = (broker.clock.now() - before) / SECOND;
  expect(seconds).toBeGreaterThan(1.8);
  expect(seconds).toBeLessThan(2.3);
});

test("less than one in a piece of time is possible", async () => {
  await bury(2);
  expect(await redrive(0, 1)).toEqual([1, 2]);
});

test("who stops it leaves the rest where it is", async () => {
  await bury(10);
  const stop = new AbortController();
  const moving = broker.broker.redriving.redrive(dead(), { max: 0, rate: 10, ids: new Set() }, stop.signal);
  expect((await moving.next()).value).toBe(1);
  stop.abort();
  const end = moving.next();
  await broker.clock.advance(SECOND);
  expect((await end).done).toBe(true);
  expect(dead().stats().ready).toBe(9);
});

test("a queue that is full takes no more, and the others stay dead", async () => {
  await bury(50);
  await broker.publish(batch(...Array.from({ length: 45 }, () => ({})))).stored;
  await expect(redrive(0, 1000)).rejects.toMatchObject({ reason: "QUEUE_FULL" });
  expect([dead().stats().ready, queue.stats().ready]).toEqual([45, 50]);
});

test("where they came from is gone: they stay, and that is told", async () => {
  await bury(3);
  const letters = dead();
  await broker.broker.queues.delete("q");
  await expect(redrive(0, 100, letters)).rejects.toMatchObject({ reason: "QUEUE_NOT_FOUND" });
  expect(letters.stats().ready).toBe(3);
});

test("a queue that holds no dead letters is refused", async () => {
  await expect(redrive(0, 100, queue)).rejects.toMatchObject({ reason: "INVALID_ARGUMENT" });
});
