// google.protobuf.Duration as microseconds and back.
import type { Duration } from "../gen/google/protobuf/duration.js";
import { SECOND } from "./clock.js";
import { Refusal } from "./errors.js";

/**
 * A duration field in microseconds; undefined where it is absent.
 *
 * @throws Refusal INVALID_ARGUMENT naming the field when it lies outside the range (microseconds).
 */
export function durationOf(
  field: string,
  duration: Duration | undefined,
  range: { least: number; most: number },
): number | undefined {
  if (duration === undefined) return undefined;
  const value = Number(duration.seconds) * SECOND + Math.round(duration.nanos / 1000);
  if (value < range.least || value > range.most) {
    const [least, most] = [range.least / SECOND, range.most / SECOND];
    throw new Refusal("INVALID_ARGUMENT", `${field}: ${value / SECOND} s is not between ${least} s and ${most} s`);
  }
  return value;
}

export function toDuration(microseconds: number): Duration {
  const seconds = Math.floor(microseconds / SECOND);
  return { seconds: BigInt(seconds), nanos: (microseconds - seconds * SECOND) * 1000 };
}
