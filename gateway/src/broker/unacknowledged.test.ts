// Messages with `require_ack` on a clock that stands still: delivered again and again, until acknowledged or expired.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batch, messagesOf } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import type { DeepPartial, Message } from "../gen/berrymq/v1/message.js";
import { defaultLimits } from "../limits.js";
import { SECOND } from "../model/clock.js";
import type { Follower } from "./follower.js";
import { Session } from "./session.js";
import { UNACKNOWLEDGED } from "./unacknowledged.js";

const INTERVAL = defaultLimits.acknowledgeSeconds * SECOND;
const MINUTE = 60 * SECOND;
let broker: TestBroker;

beforeEach(() => open());
afterEach(() => expect(broker.faults).toEqual([]));

async function open(limits = {}): Promise<void> {
  broker = new TestBroker(limits);
  await broker.broker.open();
}

const publish = async (fields: DeepPartial<Message> = {}, session?: Session) => {
  const intake = broker.publish(batch({ requireAck: true, ...fields }), { session });
  await intake.stored;
  await settled();
  return intake;
};
const settled = async () => {
  for (let turns = 0; turns < 10; turns++) await turn();
};
const pass = async (microseconds: number) => {
  await broker.clock.advance(microseconds);
  await settled();
};
const heard = (follower: Follower) => messagesOf(follower.take(10_000_000));
const acknowledge = async (...ids: string[]) => {
  await broker.broker.unacknowledged.acknowledge(ids);
  await settled();
};
const waiting = () => broker.broker.unacknowledged.size;

describe("delivery", () => {
  test("is answered as kept, and heard at once", async () => {
    const follower = broker.follow("a:b");
    const { accepted } = await publish({ id: "m" });
    expect(accepted).toEqual([{ first: 0, count: 1, followers: 1, queues: 1 }]);
    expect(heard(follower).map(({ id, attempt }) => [id, attempt])).toEqual([["m", 0]]);
  });

  test("comes again after 10 s, 20 s, 40 s, with the number of the attempt", async () => {
    const follower = broker.follow("a:b");
    await publish();
    const times: [number, number][] = [];
    for (let second = 0; second < 75; second++) {
      for (const { attempt } of heard(follower)) times.push([second, attempt]);
      await pass(SECOND);
    }
    expect(times).toEqual([
      [0, 0],
      [10, 2],
      [30, 3],
      [70, 4],
    ]);
  });

  test("comes no less often than every five minutes", async () => {
    const follower = broker.follow("a:b");
    await publish();
    for (let minute = 0; minute < 30; minute++) await pass(MINUTE);
    heard(follower);
    for (let minute = 0; minute < 5; minute++) await pass(MINUTE);
    expect(heard(follower)).toHaveLength(1);
  });

  test("ends with the acknowledgement, which may come twice, and late", async () => {
    const follower = broker.follow("a:b");
    await publish({ id: "m" });
    await pass(INTERVAL);
    await acknowledge("m");
    await acknowledge("m", "never there");
    expect(waiting()).toBe(0);
    heard(follower);
    await pass(60 * MINUTE);
    expect(heard(follower)).toEqual([]);
  });

  test("one acknowledgement of several followers is enough", async () => {
    const both = [broker.follow("a:b"), broker.follow("*:b")];
    await publish({ id: "m" });
    expect(both.map((follower) => heard(follower).length)).toEqual([1, 1]);
    await acknowledge("m");
    await pass(60 * MINUTE);
    expect(both.map((follower) => heard(follower).length)).toEqual([0, 0]);
  });

  test("reaches who follows later, at once, and who follows something else not at all", async () => {
    for (const id of ["1", "2", "3"]) await publish({ id });
    const [late, other] = [broker.follow("a:b"), broker.follow("x:y")];
    await settled();
    expect(heard(late).map(({ id }) => id)).toEqual(["1", "2", "3"]);
    expect(heard(other)).toEqual([]);
  });

  test("is not echoed to its publisher, who may follow late or early", async () => {
    const session = new Session("s", "");
    const early = broker.follow("a:b", { session });
    await publish({}, session);
    const late = broker.follow("*", { session });
    await pass(INTERVAL);
    expect([...heard(early), ...heard(late)]).toEqual([]);
  });

  test("queues keep it besides", async () => {
    const queue = await broker.queue({ name: "q", patterns: ["a:b"] });
    const { accepted } = await publish();
    expect(accepted[0]?.queues).toBe(2);
    expect(queue.stats().ready).toBe(1);
  });

  test("many more than one piece reach a late follower", async () => {
    broker.publish(batch(...Array.from({ length: 2000 }, () => ({ requireAck: true }))));
    await settled();
    const late = broker.follow("a:b");
    await settled();
    const messages = heard(late);
    expect(messages).toHaveLength(2000);
    await acknowledge(...messages.map(({ id }) => id));
    expect(waiting()).toBe(0);
  });
});

describe("the end of waiting", () => {
  test("what expired is dropped on time, and its sender is told", async () => {
    const [follower, drops] = [broker.follow("a:b"), broker.follow("berrymq:drop")];
    const expiresAt = BigInt(broker.clock.now() + 15 * SECOND);
    await publish({ id: "m", sender: "me", expiresAt });
    await pass(14 * SECOND);
    expect(heard(follower)).toHaveLength(2);
    expect(heard(drops)).toEqual([]);
    await pass(SECOND);
    expect(waiting()).toBe(0);
    const { kwargs } = JSON.parse(String(heard(drops)[0]!.payload));
    expect(kwargs).toEqual({
      queue: UNACKNOWLEDGED,
      message_id: "m",
      identifier: "a:b",
      sender: "me",
      reason: "unacknowledged",
    });
    await pass(60 * MINUTE);
    expect(heard(follower)).toEqual([]);
  });

  test("nobody is waited for longer than a week", async () => {
    await publish();
    await pass(7 * 24 * 60 * MINUTE + 5 * MINUTE);
    expect(waiting()).toBe(0);
  });

  test("beyond the bound it is refused, until something is acknowledged", async () => {
    await open({ unacknowledged: 2 });
    const follower = broker.follow("a:b");
    await publish({ id: "1" });
    await publish({ id: "2" });
    const { refused } = await publish({ id: "3" });
    expect(refused[0]?.refusal.reason).toBe("QUEUE_FULL");
    expect(heard(follower).map(({ id }) => id)).toEqual(["1", "2"]);
    await acknowledge("1");
    expect((await publish({ id: "3" })).refused).toEqual([]);
  });
});
