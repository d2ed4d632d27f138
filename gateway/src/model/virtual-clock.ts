// A clock that stands still until a test moves it; what falls due on the way fires in order, at its own time.
import type { Clock, Timer } from "./clock.js";

interface Entry {
  due: number;
  order: number;
  callback: () => void;
}

export class VirtualClock implements Clock {
  #now: number;
  /** How far the wall clock was set ahead of the time that passed. */
  #ahead = 0;
  #order = 0;
  #entries: Entry[] = [];

  constructor(start = 1_700_000_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#ahead;
  }

  /** Somebody sets the wall clock, back where `microseconds` is negative. No time passes. */
  jump(microseconds: number): void {
    this.#ahead += microseconds;
  }

  after(delay: number, callback: () => void): Timer {
    const entry = { due: this.#now + Math.max(1, delay), order: this.#order++, callback };
    this.#entries.push(entry);
    return { cancel: () => this.#remove(entry) };
  }

  /** Lets `microseconds` pass, giving promises a turn after each timer. */
  async advance(microseconds: number): Promise<void> {
    const end = this.#now + microseconds;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#remove(next);
      this.#now = next.due;
      next.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((each) => each !== entry);
  }

  #next(end: number): Entry | undefined {
    return this.#entries.filter((entry) => entry.due <= end).sort((a, b) => a.due - b.due || a.order - b.order)[0];
  }
}
