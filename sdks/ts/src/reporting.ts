// Where errors go that have no caller: to `onError`, and those of handlers to who takes them.

import type { ErrorCallback } from "./dispatcher.js";
import { BerryMQError, InvalidArgument } from "./errors.js";
import type { Message } from "./message.js";
import { isThenable } from "./pool.js";
import type { AnyHandler } from "./target.js";
import { described } from "./thrown.js";

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
  private told: ErrorCallback = log;
  private waiting: HandlerError[] = [];

  get callback(): ErrorCallback {
    return this.told;
  }

  set callback(callback: ErrorCallback) {
    if (typeof callback !== "function") throw new InvalidArgument(`onError takes a function, not ${String(callback)}`);
    this.told = callback;
  }

  readonly report: ErrorCallback = (error, message, handler) => {
    if (message && handler) {
      // Without the batch that it came in.
      this.waiting.push({ error, message: message.detach(), handler });
      if (this.waiting.length > WAIT_AT_MOST) this.waiting.shift();
    }
    this.tell(error, message, handler);
  };

  /** A callback that fails disturbs nobody either: both errors go to the console. */
  private tell(...reported: Parameters<ErrorCallback>): void {
    const failed = (failure: unknown) => {
      const [error, message] = reported;
      log(error, message);
      show("berryMQ: the callback of onError failed:", failure);
    };
    try {
      const ended: unknown = this.told(...reported);
      if (isThenable(ended)) ended.then(undefined, failed);
    } catch (failure) {
      failed(failure);
    }
  }

  /** The newest, once. */
  take(): HandlerError[] {
    const { waiting } = this;
    this.waiting = [];
    return waiting;
  }
}

function log(error: unknown, message?: Message): void {
  show(message === undefined ? "berryMQ:" : `berryMQ: at ${message.id}:`, error);
}

/** Of what berryMQ itself refuses the text says all; of what a handler threw, its author needs the stack. */
function show(where: string, error: unknown): void {
  try {
    console.error(where, error instanceof BerryMQError ? `${error.name}: ${error.message}` : error);
  } catch {
    // It cannot even be shown: a proxy whose traps throw.
    console.error(where, described(error).text);
  }
}
