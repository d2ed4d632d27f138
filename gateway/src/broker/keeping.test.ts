// What queues do with time, priority and doubles, from a publish on; and what a jump of the clock does to them.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batch, messagesOf } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import { MemoryEngine } from "../engines/memory/engine.js";
import { SettledLeases } from "../engines/settled-leases.js";
import { Message } from "../gen/berrymq/v1/message.js";
import { type DeepPartial, Overflow, type Queue } from "../gen/berrymq/v1/queue.js";
import { defaultLimits } from "../limits.js";
import { SECOND } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import type { BrokerQueue } from "./queue.js";
import { RecentIds } from "./recent-ids.js";

const LEASE = 30 * SECOND;
const never = new AbortController().signal;
let broker: TestBroker;
let queue: BrokerQueue;

beforeEach(() => open({}));
afterEach(() => expect(broker.faults).toEqual([]));

async function open(options: DeepPartial<Queue>, engine = new MemoryEngine(defaultLimits)): Promise<void> {
  broker = new TestBroker({}, engine);
  queue = await broker.queue({ name: "q", patterns: ["a:b"], ...options });
}

const at = (seconds: number) => BigInt(broker.clock.now() + seconds * SECOND);
const publish = (...messages: DeepPartial<Message>[]) => {
  const timed = messages.map((fields) => ({ publishedAt: BigInt(broker.clock.now()), ...fields }));
  const intake = broker.publish(batch(...timed));
  return intake.stored?.then(() => intake) ?? Promise.resolve(intake);
};
const ids = async (max = 100) => (await queue.get(max, LEASE, 0, never)).map(({ body }) => Message.decode(body).id);
const pass = async (seconds: number) => {
  await broker.clock.advance(seconds * SECOND);
  for (let turns = 0; turns < 5; turns++) await turn();
};

describe("priority, delay and time to live", () => {
  test("the higher priority goes first", async () => {
    await publish({ id: "1" }, { id: "2", priority: 9 }, { id: "3", priority: 4 }, { id: "4", priority: 9 });
    expect(await ids()).toEqual(["2", "4", "3", "1"]);
  });

  test("what is to be delivered later wakes who waits, on time", async () => {
    await publish({ id: "1", deliverAt: at(5) });
    const got = queue.get(1, LEASE, 60 * SECOND, never);
    const started = broker.clock.now();
    let after = -1;
    void got.then(() => {
      after = (broker.clock.now() - started) / SECOND;
    });
    for (let second = 0; second < 8; second++) await pass(1);
    expect((await got).length).toBe(1);
    expect(after).toBe(5);
  });

  test("the queue's delay counts from publishing, and the longer delay holds", async () => {
    await open({ delay: { seconds: 10n, nanos: 0 } });
    await publish({ id: "1" }, { id: "2", deliverAt: at(20) }, { id: "3", deliverAt: at(1) });
    await pass(9);
    expect(await ids()).toEqual([]);
    await pass(1);
    expect(await ids()).toEqual(["1", "3"]);
    await pass(10);
    expect(await ids()).toEqual(["2"]);
  });

  test("the shorter time to live holds, and its end is told without anybody looking", async () => {
    await open({ ttl: { seconds: 10n, nanos: 0 } });
    const drops = broker.follow("berrymq:drop");
    await publish({ id: "1" }, { id: "2", expiresAt: at(5) }, { id: "3", expiresAt: at(50) });
    const dropped = () =>
      messagesOf(drops.take(100_000)).map(({ payload }) => JSON.parse(String(payload)).kwargs.message_id);
    await pass(5);
    expect(dropped()).toEqual(["2"]);
    await pass(5);
    expect(dropped().sort()).toEqual(["1", "3"]);
    expect(queue.stats()).toMatchObject({ ready: 0, bytes: 0 });
  });

  test("a publisher's clock that runs ahead does not lengthen the life of its messages", async () => {
    await open({ ttl: { seconds: 10n, nanos: 0 } });
    await publish({ id: "1", publishedAt: at(1000) });
    await pass(10);
    expect(await ids()).toEqual([]);
  });

  test("what expires while it is leased is told of when it comes back", async () => {
    const drops = broker.follow("berrymq:drop");
    await publish({ id: "1", expiresAt: at(5) });
    const [delivery] = await queue.get(1, LEASE, 0, never);
    await pass(10);
    expect(drops.take(1000)).toBeUndefined();
    await queue.settle([{ lease: delivery!.lease, verb: "release" }]);
    await pass(1);
    expect(messagesOf(drops.take(1000))).toHaveLength(1);
  });

  test("what expired before it came is taken by nobody", async () => {
    const { accepted } = await publish({ expiresAt: at(-1) });
    expect(accepted).toEqual([{ first: 0, count: 1, followers: 0, queues: 0 }]);
  });
});

describe("doubles", () => {
  test("are kept once within the window, also when the first is gone already", async () => {
    await publish({ id: "m" });
    expect(await ids()).toEqual(["m"]);
    const { accepted } = await publish({ id: "m" }, { id: "n" });
    expect(accepted[0]?.count).toBe(2);
    expect(await ids()).toEqual(["n"]);
  });

  test("within one batch are kept once", async () => {
    await publish({ id: "m" }, { id: "m" });
    expect(await ids()).toEqual(["m"]);
  });

  test("are kept after the window", async () => {
    await publish({ id: "m" });
    await pass(121);
    await publish({ id: "m" });
    expect(await ids()).toEqual(["m", "m"]);
  });

  test("what could not be stored is no double when it comes again", async () => {
    class Failing extends MemoryEngine {
      failing = false;
      override async append(...given: Parameters<MemoryEngine["append"]>): Promise<void> {
        if (this.failing) throw new Refusal("STORAGE_FAILED", "no room");
        return super.append(...given);
      }
    }
    const engine = new Failing(defaultLimits);
    await open({}, engine);
    engine.failing = true;
    await expect(publish({ id: "m" })).rejects.toMatchObject({ reason: "STORAGE_FAILED" });
    engine.failing = false;
    await publish({ id: "m" });
    expect(await ids()).toEqual(["m"]);
  });

  test("are remembered at the same cost, however many have been forgotten", () => {
    const recent = new RecentIds(3600 * SECOND);
    const leases = new SettledLeases(100_000);
    const milliseconds = (from: number) => {
      const started = performance.now();
      for (let number = from; number < from + 100_000; number++) {
        recent.add(`id-${number}`, number);
        leases.add(`lease-${number}`);
      }
      return performance.now() - started;
    };
    const first = milliseconds(0);
    milliseconds(100_000);
    // Walking over what was deleted took a hundred times as long.
    expect(milliseconds(200_000)).toBeLessThan(10 * first + 200);
  });

  test("are remembered in bounded number", () => {
    const recent = new RecentIds(3600 * SECOND);
    for (let number = 0; number < 100_001; number++) recent.add(String(number), number);
    expect([recent.has("0", 1), recent.has("1", 1), recent.has("100000", 1)]).toEqual([false, true, true]);
  });
});

describe("bounds", () => {
  test("a batch larger than a queue that drops its oldest leaves the newest", async () => {
    await open({ maxMessages: 3n, overflow: Overflow.OVERFLOW_DROP_OLDEST });
    await publish(...Array.from({ length: 50 }, (_, index) => ({ id: String(index) })));
    expect(await ids()).toEqual(["47", "48", "49"]);
  });

  test("an engine that is full refuses before anybody hears, and transient queues go on", async () => {
    class Full extends MemoryEngine {
      override readonly full: boolean = true;
    }
    await open({}, new Full(defaultLimits));
    await broker.queue({ name: "t", patterns: ["t:t"], transient: true });
    const follower = broker.follow("*");
    const { refused, accepted } = await publish({ id: "1" }, { id: "2", identifier: "t:t" });
    expect(refused.map(({ refusal }) => refusal.reason)).toEqual(["STORAGE_FAILED"]);
    expect(accepted).toMatchObject([{ first: 1, queues: 1 }]);
    expect(messagesOf(follower.take(10_000)).map(({ id }) => id)).toEqual(["2"]);
  });
});

describe("a clock that jumps", () => {
  const jump = (seconds: number) => pass(seconds);

  test("far ahead: leases lapse once, messages expire, nothing that stays is lost", async () => {
    await publish({ id: "leased" }, { id: "expires", expiresAt: at(60) }, { id: "delayed", deliverAt: at(600) });
    await queue.get(1, LEASE, 0, never);
    await jump(86_400);
    const deliveries = await queue.get(10, LEASE, 0, never);
    expect(deliveries.map(({ body, attempt }) => [Message.decode(body).id, attempt])).toEqual([
      ["leased", 2],
      ["delayed", 1],
    ]);
  });

  test("messages from a publisher whose clock is a day behind or ahead are kept like others", async () => {
    await publish({ id: "behind", publishedAt: at(-86_400) }, { id: "ahead", publishedAt: at(86_400) });
    expect(await ids()).toEqual(["behind", "ahead"]);
    await pass(31);
    expect(await ids()).toEqual(["behind", "ahead"]);
  });
});
