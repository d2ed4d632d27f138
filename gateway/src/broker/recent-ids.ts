// The ids that a queue took lately, so that the same message is kept once. Bounded in time and number; the oldest are forgotten first.

/** Ids of one queue that are remembered, whatever the window. */
const MOST = 100_000;

export class RecentIds {
  /** When each was taken, in microseconds; in order of time. */
  #taken = new Map<string, number>();

  /** @param window microseconds; 0 = nothing is remembered */
  constructor(readonly window: number) {}

  has(id: string, now: number): boolean {
    const at = this.#taken.get(id);
    return at !== undefined && at + this.window > now;
  }

  add(id: string, now: number): void {
    if (this.window === 0) return;
    this.#taken.set(id, now);
    for (const [oldest, at] of this.#taken) {
      if (at + this.window > now && this.#taken.size <= MOST) break;
      this.#taken.delete(oldest);
    }
  }

  /** It was not kept after all. */
  delete(id: string): void {
    this.#taken.delete(id);
  }
}
