// The clock that tests move.
import { expect, test } from "vitest";
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
