// A live receiver: bounded in messages and bytes, told of what it lost, fed no faster than it gives credit.
import { describe, expect, test } from "vitest";
import { batch, identifiersOf, message, messagesOf } from "../../testing/batches.js";
import { turn } from "../../testing/broker.js";
import type { Message } from "../gen/berrymq/v1/message.js";
import { defaultLimits } from "../limits.js";
import { VirtualClock } from "../model/virtual-clock.js";
import { Follower } from "./follower.js";
import { Session } from "./session.js";
import { Turn } from "./turn.js";

const clock = new VirtualClock();
const publisher = new Session("p", "");
const follower = (limits: Partial<typeof defaultLimits> = {}) =>
  new Follower(new Session("", ""), new Turn(), clock, { ...defaultLimits, ...limits });
const push = (to: Follower, ...identifiers: string[]) =>
  to.push(batch(...identifiers.map((identifier) => ({ identifier }))), identifiers.length, 0, publisher);
const droppedOf = ({ payload }: Message) => JSON.parse(payload.toString()).kwargs.dropped;
const ALL = 1_000_000;

test("messages are taken in the order in which they came", () => {
  const listener = follower();
  push(listener, "a:1", "a:2");
  push(listener, "a:3");
  expect(identifiersOf(listener.take(ALL))).toEqual(["a:1", "a:2", "a:3"]);
  expect(listener.take(ALL)).toBeUndefined();
});

test("about as many bytes are taken as asked for, one run at least", () => {
  const listener = follower();
  for (let i = 0; i < 4; i++) push(listener, `a:${i}`);
  expect(identifiersOf(listener.take(1))).toEqual(["a:0"]);
  expect(identifiersOf(listener.take(batch({ identifier: "a:0" }).length * 2))).toEqual(["a:1", "a:2"]);
});

test("whoever takes is woken once in a turn", async () => {
  const listener = follower();
  let woken = 0;
  listener.onReady = () => woken++;
  push(listener, "a:1");
  push(listener, "a:2");
  expect(woken).toBe(0);
  await turn();
  expect(woken).toBe(1);
});

describe("a full buffer", () => {
  test("loses its oldest by messages, and the number of them comes first and once", () => {
    const listener = follower({ followerMessages: 3 });
    for (let i = 0; i < 10; i++) push(listener, `a:${i}`);
    const taken = messagesOf(listener.take(ALL));
    expect(taken.map(({ identifier }) => identifier)).toEqual(["berrymq:lag", "a:7", "a:8", "a:9"]);
    expect(droppedOf(taken[0]!)).toBe(7);
    push(listener, "a:10");
    expect(identifiersOf(listener.take(ALL))).toEqual(["a:10"]);
  });

  test("loses its oldest by bytes", () => {
    const listener = follower({ followerBytes: 2048 });
    const payload = Buffer.alloc(900);
    for (let i = 0; i < 5; i++) listener.push(batch({ identifier: `a:${i}`, payload }), 1, 0, publisher);
    expect(identifiersOf(listener.take(ALL))).toEqual(["berrymq:lag", "a:3", "a:4"]);
  });

  test("counts runs of many messages", () => {
    const listener = follower({ followerMessages: 4 });
    push(listener, "a:1", "a:2", "a:3");
    push(listener, "b:1", "b:2");
    const [lag, ...kept] = messagesOf(listener.take(ALL));
    expect([droppedOf(lag!), kept.length]).toEqual([3, 2]);
  });

  test("tells even when nothing is left", () => {
    const listener = follower({ followerBytes: 1024 });
    listener.push(batch({ payload: Buffer.alloc(5000) }), 1, 0, publisher);
    expect(identifiersOf(listener.take(ALL))).toEqual(["berrymq:lag"]);
  });
});

describe("credit", () => {
  test("nothing is taken without credit, and about as much as there is of it", () => {
    const listener = follower();
    listener.grant(0);
    push(listener, "a:1");
    push(listener, "a:2");
    expect(listener.ready).toBe(false);
    expect(listener.take(ALL)).toBeUndefined();
    listener.grant(1);
    expect(identifiersOf(listener.take(ALL))).toEqual(["a:1"]);
    expect(listener.take(ALL)).toBeUndefined();
  });

  test("what was taken beyond the credit is owed", () => {
    const listener = follower();
    const size = batch({ identifier: "a:1" }).length;
    listener.grant(1);
    push(listener, "a:1");
    push(listener, "a:2");
    listener.take(ALL);
    listener.grant(size - 2);
    expect(listener.take(ALL)).toBeUndefined();
    listener.grant(size);
    expect(identifiersOf(listener.take(ALL))).toEqual(["a:2"]);
  });

  test("new credit wakes whoever takes", async () => {
    const listener = follower();
    listener.grant(0);
    push(listener, "a:1");
    await turn();
    let woken = 0;
    listener.onReady = () => woken++;
    listener.grant(100);
    await turn();
    expect(woken).toBe(1);
  });
});

test("what has expired while it waited is not taken, and what follows is", async () => {
  const listener = follower();
  const soon = clock.now() + 10;
  listener.push(batch({ identifier: "a:gone" }), 1, soon, publisher);
  listener.push(batch({ identifier: "a:stays" }), 1, 0, publisher);
  await clock.advance(10);
  expect(identifiersOf(listener.take(ALL))).toEqual(["a:stays"]);
});

test("a small run does not keep its large batch alive", () => {
  const listener = follower();
  const large = Buffer.concat([batch(message({ identifier: "a:1" })), Buffer.alloc(100_000)]);
  const run = large.subarray(0, large.length - 100_000);
  listener.push(run, 1, 0, publisher);
  const [kept] = listener.take(ALL)!;
  expect(kept!.equals(run)).toBe(true);
  expect(kept!.buffer).not.toBe(large.buffer);
});
