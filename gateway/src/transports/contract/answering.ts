// Answers on a stream, and requests that are not read while the client does not take them.
import type { Wire } from "./call.js";

export class Answering {
  #waiting = false;

  constructor(readonly wire: Wire) {}

  answer(response: Buffer): void {
    if (!this.wire.writable || this.wire.write(response)) return;
    this.#waiting = true;
    this.wire.pause();
  }

  /** The client takes again. */
  flushed(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.wire.resume();
  }
}
