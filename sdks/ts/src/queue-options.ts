// What the compiler cannot say of a queue's options: numbers that are none, as of a setting that is missing.
import { InvalidArgument } from "./errors.js";
import type { QueueOptions } from "./queue.js";

const WHOLE = ["maxMessages", "maxBytes", "maxAttempts"];

/** @throws InvalidArgument naming the option and the value */
export function checkNumbers(options: Omit<QueueOptions, "shared" | "name">): void {
  for (const [what, value] of Object.entries(options)) {
    if (typeof value !== "number") continue;
    const whole = WHOLE.includes(what);
    if (!(value >= 0) || (whole && value % 1 !== 0 && value !== Number.POSITIVE_INFINITY)) {
      throw new InvalidArgument(`${what} is ${whole ? "a whole number above 0" : "seconds from 0"}, not ${value}`);
    }
  }
}
