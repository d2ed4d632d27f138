// Who waits for a queue's messages: gets that wait once, and consumers that take as long as they have credit. They are served in turn.
import type { Claim } from "../engines/engine.js";
import type { Refusal } from "../model/errors.js";

/** One handing-over of one message. */
export interface Delivery extends Claim {
  /** When the lease ends, by `clock.now()`; 0 where nothing was leased. */
  readonly until: number;
  /** The same by the wall clock, for the consumer. */
  readonly deadline: number;
}

export interface Taker {
  /** The lease to take, in microseconds; undefined = acknowledged on the way out. */
  readonly lease: number | undefined;
  /** True for a consumer, false for a get that waits. */
  readonly pushed: boolean;
  /** How many it would take now. */
  want(): number;
  give(deliveries: Delivery[]): void;
  /** The queue is gone. */
  gone(refusal: Refusal): void;
}

export class Takers {
  /** In the order in which they are served: who was just served goes to the end. */
  #takers = new Set<Taker>();

  get size(): number {
    return this.#takers.size;
  }

  /** Whether anybody wants something now, so that a newcomer has to queue up. */
  get waiting(): boolean {
    for (const taker of this.#takers) if (taker.want() > 0) return true;
    return false;
  }

  has(taker: Taker): boolean {
    return this.#takers.has(taker);
  }

  add(taker: Taker): void {
    this.#takers.add(taker);
  }

  remove(taker: Taker): void {
    this.#takers.delete(taker);
  }

  /** The next one who wants something, consumers among them or not. */
  next(pushed: boolean): Taker | undefined {
    for (const taker of this.#takers) if ((pushed || !taker.pushed) && taker.want() > 0) return taker;
    return undefined;
  }

  /** Goes to the end of the line, because it is being served. */
  goBehind(taker: Taker): void {
    this.#takers.delete(taker);
    this.#takers.add(taker);
  }

  /** Consumers, whether they want something now or not. */
  pushed(): Taker[] {
    return [...this.#takers].filter((taker) => taker.pushed);
  }

  /** Ends the consumers: somebody else takes over. */
  dismiss(refusal: Refusal): void {
    for (const taker of [...this.#takers]) {
      if (!taker.pushed) continue;
      this.#takers.delete(taker);
      taker.gone(refusal);
    }
  }

  close(refusal: Refusal): void {
    for (const taker of [...this.#takers]) taker.gone(refusal);
    this.#takers.clear();
  }
}
