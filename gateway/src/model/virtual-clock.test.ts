// The clock that tests move.
import { expect, test } from "vitest";
import { fromWall, systemClock, toWall } from "./clock.js";
import { VirtualClock } from "./virtual-clock.js";

test("what falls due fires in order, at its own time", async () => {
  const clock = new VirtualClock(0);
  const fired: [string, number][] = [];
  clock.after(30, () => fired.push(["third", clock.now()]));
  clock.after(10, () => {
    fired.push(["first", clock.now()]);
    clock.after(5, () => fired.push(["second", clock.now()]));
  });
  await clock.advance(20);
  expect(fired).toEqual([
    ["first", 10],
    ["second", 15],
  ]);
  expect(clock.now()).toBe(20);
  await clock.advance(10);
  expect(fired.at(-1)).toEqual(["third", 30]);
});

test("setting the wall clock lets no time pass: what waits is neither hurried nor held up", async () => {
  const clock = new VirtualClock(1_000_000);
  let fired = 0;
  clock.after(10, () => fired++);
  clock.jump(-500_000);
  expect([clock.now(), clock.wall()]).toEqual([1_000_000, 500_000]);
  expect([fromWall(clock, 500_010), toWall(clock, 1_000_010)]).toEqual([1_000_010, 500_010]);
  clock.jump(1_000_000);
  await clock.advance(9);
  expect([fired, clock.wall()]).toEqual([0, 1_500_009]);
  await clock.advance(1);
  expect(fired).toBe(1);
});

test("the machine's clock counts whole microseconds, forward only, near the wall clock", () => {
  const times = Array.from({ length: 1000 }, () => systemClock.now());
  expect(times.every(Number.isSafeInteger)).toBe(true);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect(Math.abs(systemClock.now() - systemClock.wall())).toBeLessThan(60_000_000);
});

test("what is cancelled does not fire", async () => {
  const clock = new VirtualClock(0);
  let fired = false;
  clock.after(1, () => (fired = true)).cancel();
  await clock.advance(10);
  expect(fired).toBe(false);
});

test("nothing fires in the turn that asked for it", async () => {
  const clock = new VirtualClock(0);
  let fired = false;
  clock.after(0, () => (fired = true));
  expect(fired).toBe(false);
  await clock.advance(1);
  expect(fired).toBe(true);
});
