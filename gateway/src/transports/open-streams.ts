// The streams and calls that are open, so that a drain can tell each of them, and wait for their ends.

export class OpenStreams {
  #streams = new Set<() => void>();
  #draining = false;
  #onEmpty: () => void = () => {};

  /** Remembers a stream; `tell` sends it the word that the gateway is about to stop. */
  add(tell: () => void): { close(): void } {
    this.#streams.add(tell);
    if (this.#draining) tell();
    return {
      close: () => {
        if (this.#streams.delete(tell) && this.#streams.size === 0) this.#onEmpty();
      },
    };
  }

  get size(): number {
    return this.#streams.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const tell of this.#streams) tell();
  }

  /** Fulfilled when no stream is open. */
  async empty(): Promise<void> {
    if (this.#streams.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }
}
