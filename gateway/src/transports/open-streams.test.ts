// Open streams are told of a drain once, and waited for.
import { expect, test } from "vitest";
import { OpenStreams } from "./open-streams.js";

test("a drain tells every stream once, and those that open later at once", () => {
  const streams = new OpenStreams();
  const told: string[] = [];
  streams.add(() => told.push("early"));
  streams.drain();
  streams.drain();
  streams.add(() => told.push("late"));
  expect(told).toEqual(["early", "late"]);
});

test("it is empty when the last stream is closed, and closing twice is harmless", async () => {
  const streams = new OpenStreams();
  const open = [streams.add(() => {}), streams.add(() => {})];
  let empty = false;
  const waiting = streams.empty().then(() => (empty = true));
  open[0]!.close();
  open[0]!.close();
  await Promise.resolve();
  expect([streams.size, empty]).toEqual([1, false]);
  open[1]!.close();
  await waiting;
  expect(streams.size).toBe(0);
});

test("where nothing is open nothing is waited for", async () => {
  await new OpenStreams().empty();
});
