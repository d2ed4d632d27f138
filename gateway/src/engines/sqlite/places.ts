// The places of one queue's messages: each is given once, also after the rows that show how far it has come are gone.
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import type { Transactions } from "./transactions.js";

export class Places {
  readonly #keep: StatementSyncInstance;
  /** What the file says; it holds as long as no transaction was rolled back since. */
  #kept = { next: 0, rollbacks: 0 };

  constructor(
    readonly db: DatabaseSyncInstance,
    readonly queue: number,
    readonly transactions: Transactions,
    /** The place that the next message gets. */
    public next: number,
  ) {
    this.#keep = db.prepare("UPDATE queues SET next_place = ? WHERE id = ?");
  }

  /**
   * The row of a place is about to be deleted, within a transaction. While a row behind it stands, that row tells enough; so the file
   * is told once a turn at most, and not at all while a backlog is worked off.
   */
  losing(place: number): void {
    const { rollbacks } = this.transactions;
    if (place < this.#kept.next && this.#kept.rollbacks === rollbacks) return;
    this.#keep.run(this.next, this.queue);
    this.#kept = { next: this.next, rollbacks };
  }
}
