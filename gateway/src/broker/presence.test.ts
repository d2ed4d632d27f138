// Who is connected, who was, and for how long that is remembered.
import { expect, test } from "vitest";
import { batch } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import { SECOND } from "../model/clock.js";
import { VirtualClock } from "../model/virtual-clock.js";
import { Presence } from "./presence.js";
import type { Session } from "./session.js";

function watch(limits = { sessions: 100, sessionSeconds: 120 }) {
  const clock = new VirtualClock();
  const events: string[] = [];
  const note = (what: string) => (session: Session) => events.push(`${what} ${session.ident}`);
  const away = (session: Session, stillAway: () => boolean) => {
    clock.after(60 * SECOND, () => stillAway() && note("still away")(session));
    return 60 * SECOND;
  };
  const presence = new Presence(clock, limits, {
    connected: note("connected"),
    disconnected: note("disconnected"),
    away,
  });
  return { clock, events, presence };
}

test("a session with many streams connects once and disconnects once", () => {
  const { events, presence } = watch();
  const streams = [presence.enter("s", "peer"), presence.enter("s", "peer")];
  for (const session of streams) presence.leave(session);
  expect(events).toEqual(["connected peer", "disconnected peer"]);
});

test("anonymous callers are strangers to each other", () => {
  const { presence } = watch();
  expect(presence.enter("", "")).not.toBe(presence.enter("", ""));
  expect(presence.enter("s", "")).toBe(presence.enter("s", ""));
});

test("a session that does not come back is still away later", async () => {
  const { clock, events, presence } = watch();
  presence.leave(presence.enter("s", "peer"));
  await clock.advance(60 * SECOND - 1);
  expect(events).not.toContain("still away peer");
  await clock.advance(1);
  expect(events).toContain("still away peer");
});

test("a session that came back and left again is away anew", async () => {
  const { clock, events, presence } = watch();
  for (let i = 0; i < 5; i++) {
    presence.leave(presence.enter("s", "peer"));
    await clock.advance(59 * SECOND);
  }
  expect(events).not.toContain("still away peer");
  await clock.advance(SECOND);
  expect(events.filter((event) => event === "still away peer")).toHaveLength(1);
});

test("a session's count is remembered for 120 s", async () => {
  const { clock, presence } = watch();
  const session = presence.enter("s", "peer");
  session.lastSequence = 7;
  presence.leave(session);
  await clock.advance(120 * SECOND - 1);
  expect(presence.enter("s", "peer").lastSequence).toBe(7);
  presence.leave(session);
  await clock.advance(120 * SECOND);
  expect(presence.enter("s", "peer").lastSequence).toBe(0);
});

test("no more sessions are remembered than the limit says, and it is named", () => {
  const { presence } = watch({ sessions: 2, sessionSeconds: 120 });
  presence.enter("1", "");
  presence.enter("2", "");
  expect(() => presence.enter("3", "")).toThrow("2 sessions are remembered, which is the limit");
  expect(presence.enter("1", "").id).toBe("1");
});

test("peers that connect and disconnect are told of by the system", async () => {
  const { broker, follow } = bound();
  const listener = follow("berrymq");
  broker.presence.leave(broker.presence.enter("s", "peer"));
  await turn();
  const told = Buffer.concat(listener.take(10_000)!).toString();
  expect(told).toContain("berrymq:connect");
  expect(told).toContain('{"args":[],"kwargs":{"ident":"peer"}}');
  expect(told).toContain("berrymq:disconnect");
});

test("standalone queues are deleted with everything in them once their session is gone", async () => {
  const test = new TestBroker();
  const queue = await test.queue({ name: "mine", patterns: ["a:*"], standalone: true }, "s");
  test.broker.presence.expect("s", "");
  await test.queue({ name: "everybody's" });
  await test.publish(batch({})).stored;
  expect(queue.stats().ready).toBe(1);
  await test.clock.advance(60 * SECOND);
  expect(() => test.broker.queues.get("mine")).toThrow(expect.objectContaining({ reason: "QUEUE_NOT_FOUND" }));
  expect(test.broker.queues.get("everybody's").name).toBe("everybody's");
  expect(test.publish(batch({})).accepted[0]?.queues).toBe(0);
});

test("standalone queues stay while their session has a stream", async () => {
  const test = new TestBroker();
  test.broker.presence.enter("s", "");
  await test.queue({ name: "mine", standalone: true }, "s");
  await test.clock.advance(3600 * SECOND);
  expect(test.broker.queues.get("mine").name).toBe("mine");
});

function bound() {
  const test = new TestBroker();
  return { broker: test.broker, follow: (pattern: string) => test.follow(pattern) };
}

test("a session that is touched neither comes nor goes, and is away as long after the last time as after a stream", async () => {
  const { clock, events, presence } = watch();
  const session = presence.touch("s", "peer");
  for (let i = 0; i < 5; i++) {
    await clock.advance(59 * SECOND);
    expect(presence.touch("s", "peer")).toBe(session);
  }
  expect(events).toEqual([]);
  await clock.advance(60 * SECOND);
  expect(events).toEqual(["still away peer"]);
  await clock.advance(60 * SECOND);
  expect(presence.touch("s", "peer")).not.toBe(session);
});

test("a session that is touched again and again costs a timer a second at most", async () => {
  const { clock, presence } = watch();
  let timers = 0;
  const { after } = clock;
  clock.after = (delay, callback) => {
    timers++;
    return after.call(clock, delay, callback);
  };
  presence.touch("s", "");
  const first = timers;
  for (let i = 0; i < 1000; i++) presence.touch("s", "");
  expect(timers).toBe(first);
  await clock.advance(SECOND);
  for (let i = 0; i < 1000; i++) presence.touch("s", "");
  expect(timers).toBe(2 * first);
});

test("touching a session that has a stream changes nothing, and a stranger stays a stranger", async () => {
  const { clock, events, presence } = watch();
  const session = presence.enter("s", "peer");
  expect(presence.touch("s", "peer")).toBe(session);
  expect(presence.touch("", "")).not.toBe(presence.touch("", ""));
  await clock.advance(1000 * SECOND);
  expect(events).toEqual(["connected peer"]);
});
