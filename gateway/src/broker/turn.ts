// One event-loop turn's work that is done once at its end: followers that were handed something take it, then publishers are answered.

/** Something that wants to be told at the end of the turn. */
export interface Woken {
  onReady(): void;
}

export class Turn {
  #woken = new Set<Woken>();
  #answers: (() => void)[] = [];
  #scheduled = false;

  /** `onReady` will be called once at the end of this turn. */
  wake(target: Woken): void {
    this.#woken.add(target);
    this.#schedule();
  }

  /** The callback will be called at the end of this turn, after all followers. */
  answer(callback: () => void): void {
    this.#answers.push(callback);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#end());
  }

  #end(): void {
    const woken = this.#woken;
    const answers = this.#answers;
    this.#woken = new Set();
    this.#answers = [];
    this.#scheduled = false;
    for (const target of woken) target.onReady();
    for (const answer of answers) answer();
  }
}
