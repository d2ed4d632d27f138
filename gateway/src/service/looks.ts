// How often a queue's oldest message was shown. Only the oldest is, so one count a queue is enough, and one that comes back begins anew.

/** Queues that are remembered; the one that was not looked at for longest is forgotten first. */
const MOST = 10_000;

export class Looks {
  readonly #counts = new Map<string, { number: number; count: number }>();

  /** Counts one more look; tells how many there were. */
  count(queue: string, number: number): number {
    const known = this.#counts.get(queue);
    const count = known?.number === number ? known.count + 1 : 1;
    this.#counts.delete(queue);
    this.#counts.set(queue, { number, count });
    if (this.#counts.size > MOST) this.#counts.delete(this.#counts.keys().next().value!);
    return count;
  }
}
