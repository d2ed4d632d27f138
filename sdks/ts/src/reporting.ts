// Where errors go that have no caller: to `onError`, and those of handlers to who takes them.

import type { ErrorCallback } from "./dispatcher.js";
import { BerryMQError } from "./errors.js";
import type { Message } from "./message.js";
import type { AnyHandler } from "./target.js";

/** What a handler threw. */
export interface HandlerError {
  /** What was thrown. */
  readonly error: unknown;
  /** On which message. */
  readonly message: Message;
  /** The function or method. */
  readonly handler: AnyHandler;
}

/** Errors of handlers that wait to be taken; the oldest go. */
const WAIT_AT_MOST = 100;

export class Reporting {
  callback: ErrorCallback = log;
  private waiting: HandlerError[] = [];

  readonly report: ErrorCallback = (error, message, handler) => {
    if (message && handler) {
      // Without the batch that it came in.
      this.waiting.push({ error, message: message.detach(), handler });
      if (this.waiting.length > WAIT_AT_MOST) this.waiting.shift();
    }
    this.callback(error, message, handler);
  };

  /** The newest, once. */
  take(): HandlerError[] {
    const { waiting } = this;
    this.waiting = [];
    return waiting;
  }
}

/** Of what berryMQ itself refuses the text says all; of what a handler threw, its author needs the stack. */
function log(error: unknown, message?: Message): void {
  const what = error instanceof BerryMQError ? `${error.name}: ${error.message}` : error;
  console.error(message === undefined ? "berryMQ:" : `berryMQ: at ${message.id}:`, what);
}
