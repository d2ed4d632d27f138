// Somebody sets the machine's clock, an hour back or an hour ahead: nothing is lost, nothing comes twice, nothing gets stuck because of it.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batch, messagesOf } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import { Message } from "../gen/berrymq/v1/message.js";
import type { DeepPartial, Queue } from "../gen/berrymq/v1/queue.js";
import { defaultLimits } from "../limits.js";
import { SECOND } from "../model/clock.js";
import type { BrokerQueue } from "./queue.js";

const HOUR = 3600 * SECOND;
const LEASE = 30 * SECOND;
const never = new AbortController().signal;
let broker: TestBroker;
let queue: BrokerQueue;

beforeEach(() => open({}));
afterEach(() => expect(broker.faults).toEqual([]));

async function open(options: DeepPartial<Queue>): Promise<void> {
  broker = new TestBroker();
  await broker.broker.open();
  queue = await broker.queue({ name: "q", patterns: ["a:b"], ...options });
}

/** So many seconds from now, as the publisher's clock shows them, which is the machine's. */
const at = (seconds: number) => BigInt(broker.clock.wall() + seconds * SECOND);
const settled = async () => {
  for (let turns = 0; turns < 10; turns++) await turn();
};
const publish = async (...messages: DeepPartial<Message>[]) => {
  const intake = broker.publish(batch(...messages.map((fields) => ({ publishedAt: at(0), ...fields }))));
  await intake.stored;
  await settled();
  return intake;
};
const take = (max = 100) => queue.get(max, LEASE, 0, never);
const ids = async () => (await take()).map(({ body }) => Message.decode(body).id);
const pass = async (seconds: number) => {
  await broker.clock.advance(seconds * SECOND);
  await settled();
};

describe.each([
  ["back", -HOUR],
  ["ahead", HOUR],
])("a clock that is set an hour %s", (_, jump) => {
  test("leaves a lease to its holder, who settles and extends it", async () => {
    await publish({ id: "1" }, { id: "2" });
    const [one, two] = await take();
    broker.clock.jump(jump);
    await pass(29);
    expect(await ids()).toEqual([]);
    expect(await queue.extend([two!.lease], LEASE)).toEqual([broker.clock.wall() + LEASE]);
    expect(await queue.settle([{ lease: one!.lease, verb: "ack" }])).toEqual(["done"]);
    await pass(29);
    expect(await queue.settle([{ lease: two!.lease, verb: "ack" }])).toEqual(["done"]);
    expect(queue.stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
  });

  test("ends a lease whose holder is gone when its time has passed, counted once", async () => {
    await publish({ id: "1" });
    await take();
    broker.clock.jump(jump);
    await pass(30);
    const [again] = await take();
    expect(again).toMatchObject({ attempt: 2, deadline: broker.clock.wall() + LEASE });
  });

  test("tells the end of a lease by the clock as it is set now", async () => {
    await publish({ id: "1" });
    broker.clock.jump(jump);
    expect(await take()).toMatchObject([{ deadline: broker.clock.wall() + LEASE }]);
  });

  test("neither hurries nor holds up what is delayed, before or after", async () => {
    await open({ delay: { seconds: 10n, nanos: 0 } });
    await publish({ id: "queue's" }, { id: "its own", deliverAt: at(20) });
    broker.clock.jump(jump);
    await publish({ id: "after" }, { id: "its own, after", deliverAt: at(20) });
    await pass(9);
    expect(await ids()).toEqual([]);
    await pass(1);
    expect(await ids()).toEqual(["queue's", "after"]);
    await pass(10);
    expect(await ids()).toEqual(["its own", "its own, after"]);
  });

  test("neither shortens nor lengthens a life", async () => {
    await open({ ttl: { seconds: 60n, nanos: 0 } });
    const drops = broker.follow("berrymq:drop");
    await publish({ id: "queue's" }, { id: "its own", expiresAt: at(30) });
    broker.clock.jump(jump);
    await publish({ id: "after" }, { id: "its own, after", expiresAt: at(30) });
    const dropped = () =>
      messagesOf(drops.take(100_000)).map(({ payload }) => JSON.parse(String(payload)).kwargs.message_id);
    await pass(29);
    expect([queue.stats().ready, dropped()]).toEqual([4, []]);
    await pass(1);
    expect([queue.stats().ready, dropped().sort()]).toEqual([2, ["its own", "its own, after"]]);
    await pass(30);
    expect([queue.stats().ready, dropped().sort()]).toEqual([0, ["after", "queue's"]]);
  });

  test("drops nothing that waits for a follower to read", async () => {
    const follower = broker.follow("live:x");
    await publish({ id: "m", identifier: "live:x", expiresAt: at(30) });
    broker.clock.jump(jump);
    await pass(29);
    expect(messagesOf(follower.take(1000)).map(({ id }) => id)).toEqual(["m"]);
  });

  test("keeps the window for doubles as long as it was", async () => {
    await publish({ id: "m" });
    broker.clock.jump(jump);
    await publish({ id: "m" });
    expect(queue.stats().ready).toBe(1);
    await pass(121);
    await publish({ id: "m" });
    expect(queue.stats().ready).toBe(2);
  });

  test("keeps a queue's backoff as long as it was", async () => {
    await open({ backoff: { first: { seconds: 5n, nanos: 0 }, most: { seconds: 5n, nanos: 0 } } });
    await publish({ id: "1" });
    const [one] = await take();
    await queue.settle([{ lease: one!.lease, verb: "retry", delay: undefined }]);
    broker.clock.jump(jump);
    await pass(4);
    expect(await ids()).toEqual([]);
    await pass(1);
    expect(await ids()).toEqual(["1"]);
  });

  test("wakes who waits for a message no sooner and no later", async () => {
    const got = queue.get(1, LEASE, 10 * SECOND, never);
    let over = false;
    void got.then(() => {
      over = true;
    });
    await settled();
    broker.clock.jump(jump);
    await pass(9);
    expect(over).toBe(false);
    await pass(1);
    expect(over).toBe(true);
  });

  test("delivers what has to be acknowledged at the same intervals, and no more often", async () => {
    const follower = broker.follow("x:y");
    await publish({ id: "m", identifier: "x:y", requireAck: true, expiresAt: at(7200) });
    await publish({ id: "short", identifier: "x:y", requireAck: true, expiresAt: at(600) });
    const heard = () => messagesOf(follower.take(1_000_000)).map(({ id }) => id);
    expect(heard()).toEqual(["m", "short"]);
    broker.clock.jump(jump);
    const interval = defaultLimits.acknowledgeSeconds;
    await pass(interval - 1);
    expect(heard()).toEqual([]);
    await pass(1);
    expect(heard().sort()).toEqual(["m", "short"]);
    await pass(2 * interval);
    expect(heard().sort()).toEqual(["m", "short"]);
    await pass(600 + 300);
    expect(heard().filter((id) => id === "short").length).toBeLessThan(8);
    expect(broker.broker.unacknowledged.size).toBe(1);
  });

  test("moves dead letters on with a whole life before them", async () => {
    await open({ ttl: { seconds: 60n, nanos: 0 } });
    await publish({ id: "m" });
    const [one] = await take();
    await queue.settle([{ lease: one!.lease, verb: "reject", why: "no" }]);
    broker.clock.jump(jump);
    const dead = broker.broker.queues.get("q.dead");
    for await (const moved of broker.broker.redriving.redrive(dead, { max: 1, rate: 1000, ids: new Set() }, never))
      expect(moved).toBe(1);
    await pass(59);
    expect(await ids()).toEqual(["m"]);
  });

  test("remembers a session as long as it did", async () => {
    const { presence } = broker.broker;
    const session = presence.enter("s", "peer");
    session.lastSequence = 7;
    presence.leave(session);
    broker.clock.jump(jump);
    await pass(defaultLimits.sessionSeconds - 1);
    expect(presence.enter("s", "peer").lastSequence).toBe(7);
  });
});

test("stamps show the clock as it is set", async () => {
  broker.clock.jump(HOUR);
  const follower = broker.follow("berrymq:connect");
  broker.broker.presence.enter("s", "peer");
  await settled();
  expect(messagesOf(follower.take(1000))[0]!.publishedAt).toBe(at(0));
});
