// Durations: read exactly, written back, refused outside of their range.
import fc from "fast-check";
import { expect, test } from "vitest";
import { SECOND } from "./clock.js";
import { durationOf, toDuration } from "./duration.js";

const RANGE = { least: SECOND / 10, most: 12 * 3600 * SECOND };

test("absent is undefined", () => {
  expect(durationOf("lease", undefined, RANGE)).toBeUndefined();
});

test("every microsecond of the range comes back", () => {
  fc.assert(
    fc.property(fc.integer({ min: RANGE.least, max: RANGE.most }), (microseconds) => {
      expect(durationOf("lease", toDuration(microseconds), RANGE)).toBe(microseconds);
    }),
  );
});

test("the ends of the range are allowed", () => {
  expect(durationOf("lease", { seconds: 0n, nanos: 100_000_000 }, RANGE)).toBe(RANGE.least);
  expect(durationOf("lease", { seconds: 12n * 3600n, nanos: 0 }, RANGE)).toBe(RANGE.most);
});

test.each([
  [{ seconds: 0n, nanos: 99_999_000 }, "0.099999 s"],
  [{ seconds: -1n, nanos: 0 }, "-1 s"],
  [{ seconds: 0n, nanos: -1000 }, "-0.000001 s"],
  [{ seconds: 12n * 3600n, nanos: 1000 }, "43200.000001 s"],
  [{ seconds: 2n ** 63n - 1n, nanos: 0 }, "s is not between"],
  [{ seconds: -(2n ** 63n), nanos: 0 }, "s is not between"],
])("%o is refused with field, value and range", (duration, shown) => {
  expect(() => durationOf("lease", duration, RANGE)).toThrow(shown);
  expect(() => durationOf("lease", duration, RANGE)).toThrow(/^lease: .* is not between 0\.1 s and 43200 s$/);
});
