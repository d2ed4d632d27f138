// Seconds ⇄ google.protobuf.Duration, and times on the wire ⇄ Date.
import type { Duration } from "../../gen/google/protobuf/duration.js";

export function toDuration(seconds: number): Duration {
  const whole = Math.floor(seconds);
  return { seconds: BigInt(whole), nanos: Math.round((seconds - whole) * 1e9) % 1e9 };
}

/** Absence stays absence, which means the default. */
export function optionalDuration(seconds: number | undefined): Duration | undefined {
  return seconds === undefined ? undefined : toDuration(seconds);
}

export function toSeconds(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) + duration.nanos / 1e9;
}

/** 0 = absent. */
export function toDate(micros: bigint): Date | undefined {
  return micros === 0n ? undefined : new Date(Number(micros) / 1000);
}
