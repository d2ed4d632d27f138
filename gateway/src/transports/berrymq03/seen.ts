// Ids of messages that passed between this gateway and its peers lately: what comes back a second time goes round in a ring. Bounded: the
// older half is forgotten when the younger is full, and what goes round for longer meets the hop limit.

/** Ids of one half. */
const HALF = 10_000;

export class Seen {
  #young = new Set<string>();
  #old = new Set<string>();

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  add(id: string): void {
    this.#young.add(id);
    if (this.#young.size < HALF) return;
    this.#old = this.#young;
    this.#young = new Set();
  }
}
