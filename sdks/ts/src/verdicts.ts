// What a handler that works for a queue throws to say what becomes of its message, in place of "retry by the queue's backoff".
import { InvalidArgument } from "./errors.js";

/** Seconds in 30 days, after which no queue hands anything out again. */
const DELAY_AT_MOST = 30 * 24 * 3600;

/** @throws InvalidArgument naming the call */
export function checkDelay(call: string, seconds: number): void {
  if (typeof seconds === "number" && seconds >= 0 && seconds <= DELAY_AT_MOST) return;
  throw new InvalidArgument(`${call}(${JSON.stringify(seconds)}): 0 or more seconds, up to 30 days`);
}

/** A verdict on the message at hand; it is no error, and `onError` does not hear of it. */
export abstract class HandlerVerdict extends Error {
  /** The name of its class. */
  override get name(): string {
    return this.constructor.name;
  }
}

/** Give it back, counted, after so many seconds; absent = after the queue's backoff. */
export class Retry extends HandlerVerdict {
  /** @param after seconds. @throws InvalidArgument */
  constructor(readonly after?: number) {
    if (after !== undefined) checkDelay("new Retry", after);
    super(`wanted the message again ${after === undefined ? "later" : `after ${after} s`}`);
  }
}

/** Give it up: it goes to the dead letters with the reason. */
export class Reject extends HandlerVerdict {
  /** @param why as the dead letter's attribute `berrymq-dead-reason` will have it */
  constructor(readonly why: string) {
    super(why);
  }
}

/** Give it back at its old place, uncounted. */
export class Release extends HandlerVerdict {
  constructor() {
    super("given back");
  }
}
