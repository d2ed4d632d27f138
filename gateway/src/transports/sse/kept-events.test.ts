// What a client whose connection broke off gets again.
import { expect, test } from "vitest";
import { KeptEvents } from "./kept-events.js";

const told = (kept: KeptEvents, number: number) => {
  const { missed, events } = kept.after(number);
  return [missed, events.map(({ data }) => data)];
};

test("what came after the message that it has, and what was said since", () => {
  const kept = new KeptEvents(10, 1000);
  for (const data of ["1", "2"]) kept.add("message", data);
  kept.add("applied", "applied after 2");
  kept.add("message", "3");
  expect(told(kept, 0)).toEqual([0, ["1", "2", "applied after 2", "3"]]);
  expect(told(kept, 2)).toEqual([0, ["applied after 2", "3"]]);
  expect(told(kept, 3)).toEqual([0, []]);
  expect(told(kept, 99)).toEqual([0, []]);
});

test("what is kept no more is counted: by number, and by bytes", () => {
  const few = new KeptEvents(2, 1000);
  for (const data of ["1", "2", "3", "4", "5"]) few.add("message", data);
  expect(told(few, 1)).toEqual([2, ["4", "5"]]);
  expect(told(few, 4)).toEqual([0, ["5"]]);
  const small = new KeptEvents(100, 10);
  for (const data of ["1234", "5678", "9abc"]) small.add("message", data);
  expect(told(small, 0)).toEqual([1, ["5678", "9abc"]]);
  small.add("message", "larger than all of it");
  expect(told(small, 0)).toEqual([4, []]);
});
