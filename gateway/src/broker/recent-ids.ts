// The ids that a queue took lately, so that the same message is kept once. Bounded in time and number; the oldest are forgotten first.
import { Fifo } from "../model/fifo.js";

/** Ids of one queue that are remembered, whatever the window. */
const MOST = 100_000;

export class RecentIds {
  /** When each was taken, in microseconds. */
  readonly #taken = new Map<string, number>();
  /** The same in order of time: to find the oldest of a map, the engine walks over all that were deleted. */
  readonly #order = new Fifo<{ id: string; at: number }>();

  /** @param window microseconds; 0 = nothing is remembered */
  constructor(readonly window: number) {}

  has(id: string, now: number): boolean {
    const at = this.#taken.get(id);
    return at !== undefined && at + this.window > now;
  }

  add(id: string, now: number): void {
    if (this.window === 0) return;
    this.#taken.set(id, now);
    this.#order.push({ id, at: now });
    for (let oldest = this.#order.peek(); oldest !== undefined; oldest = this.#order.peek()) {
      if (oldest.at + this.window > now && this.#order.size <= MOST) break;
      this.#order.shift();
      if (this.#taken.get(oldest.id) === oldest.at) this.#taken.delete(oldest.id);
    }
  }

  /** It was not kept after all. */
  delete(id: string): void {
    this.#taken.delete(id);
  }
}
