// What an SSE consumer gets again when it comes back.
import { expect, test } from "vitest";
import { MAX_TRAIL_EVENTS, MAX_TRAILS, TRAIL_SECONDS } from "../../limits.js";
import { type Trail, Trails } from "./trails.js";

let now = 0;
const open = () => new Trails(() => now);
const walk = (trail: Trail, ...ids: string[]) => ids.forEach((id) => trail.add(id, `frame ${id}`));
const ids = (trail: Trail) => trail.events.map(({ id }) => id);

function ended(trails: Trails, ...walked: string[]): void {
  const trail = trails.begin("q", undefined);
  walk(trail, ...walked);
  trails.end(trail);
}

test("what came after the last event, once", () => {
  const trails = open();
  ended(trails, "1", "2", "3");
  expect(ids(trails.begin("q", "1"))).toEqual(["2", "3"]);
  expect(ids(trails.begin("q", "1"))).toEqual([]);
});

test("of a connection that has ended rather than of one that has not", () => {
  const trails = open();
  walk(trails.begin("q", undefined), "1", "2", "3", "4");
  ended(trails, "1", "2");
  expect(ids(trails.begin("q", "1"))).toEqual(["2"]);
});

test("of a connection whose end nobody noticed yet", () => {
  const trails = open();
  walk(trails.begin("q", undefined), "1", "2");
  expect(ids(trails.begin("q", "1"))).toEqual(["2"]);
});

test("nothing of another queue, of an unknown event, or without one", () => {
  const trails = open();
  ended(trails, "1", "2");
  expect([trails.begin("r", "1"), trails.begin("q", "9"), trails.begin("q", undefined)].map(ids)).toEqual([[], [], []]);
});

test("trails are bounded in events, in number and in time", () => {
  const trails = open();
  const long = trails.begin("q", undefined);
  walk(long, ...Array.from({ length: MAX_TRAIL_EVENTS + 10 }, (_, at) => String(at)));
  expect(long.events).toHaveLength(MAX_TRAIL_EVENTS);
  trails.end(long);
  for (let at = 0; at < MAX_TRAILS + 10; at++) ended(trails, `t${at}`, "end");
  expect(trails.size).toBeLessThanOrEqual(MAX_TRAILS + 1);
  now += TRAIL_SECONDS * 1000 + 1;
  expect(ids(trails.begin("q", `t${MAX_TRAILS}`))).toEqual([]);
});
