// Leases that were settled lately, so that settling twice is harmless; the oldest are forgotten.
import { Fifo } from "../model/fifo.js";

export class SettledLeases {
  readonly #leases = new Set<string>();
  /** The same in order: to find the oldest of a set, the engine walks over all that were deleted. */
  readonly #order = new Fifo<string>();

  constructor(readonly limit: number) {}

  add(lease: string): void {
    this.#leases.add(lease);
    this.#order.push(lease);
    if (this.#order.size > this.limit) this.#leases.delete(this.#order.shift()!);
  }

  delete(lease: string): void {
    this.#leases.delete(lease);
  }

  has(lease: string): boolean {
    return this.#leases.has(lease);
  }
}
