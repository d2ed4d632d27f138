// How often a queue's oldest message was shown. Only the oldest is, so one count a queue is enough, and one that comes back begins anew.
import { MAX_LOOKS } from "../limits.js";

export class Looks {
  readonly #counts = new Map<string, { number: number; count: number }>();

  /** Counts one more look; tells how many there were. */
  count(queue: string, number: number): number {
    const known = this.#counts.get(queue);
    const count = known?.number === number ? known.count + 1 : 1;
    this.#counts.delete(queue);
    this.#counts.set(queue, { number, count });
    if (this.#counts.size > MAX_LOOKS) this.#counts.delete(this.#counts.keys().next().value!);
    return count;
  }
}
