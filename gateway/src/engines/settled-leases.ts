// The leases of one queue that were settled lately, so that settling twice is harmless; the oldest are forgotten.

export class SettledLeases {
  #leases = new Set<string>();

  constructor(readonly limit: number) {}

  add(lease: string): void {
    this.#leases.add(lease);
    if (this.#leases.size > this.limit) this.#leases.delete(this.#leases.values().next().value!);
  }

  delete(lease: string): void {
    this.#leases.delete(lease);
  }

  has(lease: string): boolean {
    return this.#leases.has(lease);
  }
}
