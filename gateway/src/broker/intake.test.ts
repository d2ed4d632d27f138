// Batches are taken in: runs, refusals, reach, and nothing of what is malformed.
import { describe, expect, test } from "vitest";
import { batch, identifiersOf, messagesOf } from "../../testing/batches.js";
import { TestBroker } from "../../testing/broker.js";
import { Overflow } from "../gen/berrymq/v1/queue.js";
import { SECOND } from "../model/clock.js";
import type { Intake } from "./intake.js";
import { Session } from "./session.js";

const ALL = 10_000_000;
const reasons = ({ refused }: Intake) => refused.map(({ first, count, refusal }) => [first, count, refusal.reason]);

describe("reach", () => {
  test("every message reaches whom its identifier meets, in order", () => {
    const broker = new TestBroker();
    const [all, some] = [broker.follow("*"), broker.follow("a:x")];
    const { count, accepted, refused } = broker.publish(
      batch({ identifier: "a:x" }, { identifier: "a:x" }, { identifier: "b:y" }, { identifier: "a:x" }),
    );
    expect([count, refused]).toEqual([4, []]);
    expect(accepted).toEqual([
      { first: 0, count: 2, followers: 2, queues: 0 },
      { first: 2, count: 1, followers: 1, queues: 0 },
      { first: 3, count: 1, followers: 2, queues: 0 },
    ]);
    expect(identifiersOf(all.take(ALL))).toEqual(["a:x", "a:x", "b:y", "a:x"]);
    expect(identifiersOf(some.take(ALL))).toEqual(["a:x", "a:x", "a:x"]);
  });

  test("a session hears nothing of what it published itself", () => {
    const broker = new TestBroker();
    const session = new Session("s", "");
    const [own, other] = [broker.follow("*", { session }), broker.follow("*")];
    expect(broker.publish(batch({}), { session }).accepted[0]?.followers).toBe(1);
    expect(own.take(ALL)).toBeUndefined();
    expect(messagesOf(other.take(ALL))).toHaveLength(1);
  });

  test("nobody there is no fault", () => {
    expect(new TestBroker().publish(batch({})).accepted).toEqual([{ first: 0, count: 1, followers: 0, queues: 0 }]);
  });

  test("an unknown identifier's bytes are forwarded as they came", () => {
    const broker = new TestBroker();
    const listener = broker.follow("köln");
    const given = batch({ identifier: "köln:straße", attributes: { ä: "ö" }, payload: Buffer.alloc(300, 7) });
    broker.publish(given);
    expect(Buffer.concat(listener.take(ALL)!).equals(given)).toBe(true);
  });
});

describe("refusals", () => {
  test("a message with an identifier that is none is refused alone", () => {
    const broker = new TestBroker();
    const listener = broker.follow("*");
    const intake = broker.publish(
      batch(
        { identifier: "a:1" },
        { identifier: "te*t:1" },
        { identifier: "te*t:1" },
        { identifier: "berrymq:lag" },
        { identifier: "a:2" },
      ),
    );
    expect(reasons(intake)).toEqual([
      [1, 2, "INVALID_IDENTIFIER"],
      [3, 1, "RESERVED_IDENTIFIER"],
    ]);
    expect(identifiersOf(listener.take(ALL))).toEqual(["a:1", "a:2"]);
  });

  test("a message that is too large or has travelled too far is refused alone", () => {
    const broker = new TestBroker({ messageBytes: 1024 });
    const listener = broker.follow("*");
    const intake = broker.publish(batch({}, { payload: Buffer.alloc(2000) }, { hops: 101 }, { hops: 100 }));
    expect(reasons(intake)).toEqual([
      [1, 1, "MESSAGE_TOO_LARGE"],
      [2, 1, "HOP_LIMIT"],
    ]);
    expect(messagesOf(listener.take(ALL))).toHaveLength(2);
  });

  test("nothing of a malformed batch is delivered", async () => {
    const broker = new TestBroker();
    const [listener, queue] = [broker.follow("*"), await broker.queue({ name: "a" })];
    const malformed = Buffer.concat([batch({}, {}), Buffer.of(0x0a, 0x09, 0x00)]);
    expect(() => broker.publish(malformed)).toThrow(expect.objectContaining({ reason: "MALFORMED_MESSAGE" }));
    expect(listener.take(ALL)).toBeUndefined();
    expect(queue.stats().ready).toBe(0);
  });

  test("nothing of a batch that is too large is delivered", () => {
    const broker = new TestBroker({ batchMessages: 2 });
    const listener = broker.follow("*");
    expect(() => broker.publish(batch({}, {}, {}))).toThrow(expect.objectContaining({ reason: "BATCH_TOO_LARGE" }));
    expect(listener.take(ALL)).toBeUndefined();
  });
});

describe("completing", () => {
  test("an id and a time are added where they are missing, and nothing else changes", () => {
    const broker = new TestBroker();
    const listener = broker.follow("*");
    broker.publish(batch({ id: "mine" }, { id: "", publishedAt: 0n, payload: Buffer.from("p") }, { id: "too" }));
    const [first, second, third] = messagesOf(listener.take(ALL));
    expect([first!.id, third!.id]).toEqual(["mine", "too"]);
    expect(second!.id).not.toBe("");
    expect(second).toMatchObject({ publishedAt: BigInt(broker.clock.now()), payload: Buffer.from("p") });
  });

  test("what was sent again is marked, and what was taken in before is passed over", () => {
    const broker = new TestBroker();
    const listener = broker.follow("*");
    const intake = broker.publish(batch({ id: "1" }, { id: "2" }, { id: "3" }), { skip: 1, resent: true });
    expect([intake.count, intake.accepted]).toEqual([3, [{ first: 1, count: 2, followers: 1, queues: 0 }]]);
    expect(messagesOf(listener.take(ALL)).map(({ id, resent }) => [id, resent])).toEqual([
      ["2", true],
      ["3", true],
    ]);
  });
});

describe("expiry", () => {
  test("what has expired already is accepted and reaches nobody, and so is what was to expire before the epoch", async () => {
    const broker = new TestBroker();
    const [listener, queue] = [broker.follow("*"), await broker.queue({ name: "a" })];
    const past = BigInt(broker.clock.now() - 1);
    const intake = broker.publish(batch({ expiresAt: past }, { expiresAt: -1n }, { expiresAt: past + 2n }));
    await intake.stored;
    expect(intake.accepted).toEqual([
      { first: 0, count: 2, followers: 0, queues: 0 },
      { first: 2, count: 1, followers: 1, queues: 1 },
    ]);
    expect(messagesOf(listener.take(ALL))).toHaveLength(1);
    expect(queue.stats().ready).toBe(1);
  });

  test("what expires while it waits for its follower is dropped", async () => {
    const broker = new TestBroker();
    const listener = broker.follow("*");
    broker.publish(batch({ expiresAt: BigInt(broker.clock.now() + SECOND) }, { identifier: "a:stays" }));
    await broker.clock.advance(SECOND);
    expect(identifiersOf(listener.take(ALL))).toEqual(["a:stays"]);
  });
});

describe("queues", () => {
  test("every queue that the message meets keeps it, once", async () => {
    const broker = new TestBroker();
    const queues = [await broker.queue({ name: "a" }), await broker.queue({ name: "all", patterns: ["*", "a:*"] })];
    const intake = broker.publish(batch({ identifier: "a:x" }));
    await intake.stored;
    expect(intake.accepted).toEqual([{ first: 0, count: 1, followers: 0, queues: 2 }]);
    for (const queue of queues) expect(queue.stats().ready).toBe(1);
  });

  test("a wildcard on the publishing side reaches the queues that there are", async () => {
    const broker = new TestBroker();
    const queue = await broker.queue({ name: "a", patterns: ["a:stop"] });
    await broker.publish(batch({ identifier: "*:stop" })).stored;
    expect(queue.stats().ready).toBe(1);
  });

  test("a queue at its bound of messages refuses, and the message reaches nobody", async () => {
    const broker = new TestBroker();
    const listener = broker.follow("*");
    const [full, other] = [
      await broker.queue({ name: "a", maxMessages: 2n }),
      await broker.queue({ name: "b", patterns: ["*"] }),
    ];
    const intake = broker.publish(
      batch({ identifier: "a:1" }, { identifier: "a:1" }, { identifier: "a:1" }, { identifier: "z:1" }),
    );
    await intake.stored;
    expect(reasons(intake)).toEqual([[2, 1, "QUEUE_FULL"]]);
    expect(messagesOf(listener.take(ALL))).toHaveLength(3);
    expect([full.stats().ready, other.stats().ready]).toEqual([2, 3]);
  });

  test("a queue at its bound of bytes refuses by the message's size", async () => {
    const broker = new TestBroker();
    const queue = await broker.queue({ name: "a", maxBytes: 1000n });
    const intake = broker.publish(
      batch({ payload: Buffer.alloc(600) }, { payload: Buffer.alloc(600) }, { payload: Buffer.alloc(100) }),
    );
    await intake.stored;
    expect(reasons(intake)).toEqual([[1, 1, "QUEUE_FULL"]]);
    expect(queue.stats().ready).toBe(2);
  });

  test("a queue that drops its oldest makes room, but never of what is leased", async () => {
    const broker = new TestBroker();
    const queue = await broker.queue({ name: "a", maxMessages: 2n, overflow: Overflow.OVERFLOW_DROP_OLDEST });
    await broker.publish(batch({ identifier: "a:1" }, { identifier: "a:2" })).stored;
    await queue.get(1, 30 * SECOND, 0, new AbortController().signal);
    const intake = broker.publish(batch({ identifier: "a:3" }, { identifier: "a:4" }));
    await intake.stored;
    expect(intake.refused).toEqual([]);
    expect(queue.stats()).toMatchObject({ ready: 1, leased: 1 });
    expect(
      identifiersOf((await queue.peek(9)).map(({ body }) => Buffer.concat([Buffer.of(0x0a, body.length), body]))),
    ).toEqual(["a:4"]);
  });

  test("a message that no room could hold drops nothing", async () => {
    const broker = new TestBroker();
    const queue = await broker.queue({ name: "a", maxBytes: 500n, overflow: Overflow.OVERFLOW_DROP_OLDEST });
    await broker.publish(batch({}, {})).stored;
    expect(reasons(broker.publish(batch({ payload: Buffer.alloc(600) })))).toEqual([[0, 1, "QUEUE_FULL"]]);
    expect(queue.stats().ready).toBe(2);
  });

  test("what one queue refuses takes no room in the other", async () => {
    const broker = new TestBroker();
    const wide = await broker.queue({ name: "wide", patterns: ["*"], maxMessages: 2n });
    await broker.queue({ name: "narrow", patterns: ["*"], maxBytes: 300n });
    const large = { payload: Buffer.alloc(400) };
    const intake = broker.publish(batch(large, large, {}, {}));
    await intake.stored;
    expect(reasons(intake)).toEqual([[0, 2, "QUEUE_FULL"]]);
    expect(wide.stats().ready).toBe(2);
  });
});
