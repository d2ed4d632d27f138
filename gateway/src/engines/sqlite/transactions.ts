// Group commit: everything that is written in one turn of the event loop is one transaction, and its promises are kept when that is on disk.
import type { DatabaseSyncInstance } from "@photostructure/sqlite";

interface Waiting {
  committed(): void;
  failed(error: unknown): void;
}

export class Transactions {
  #waiting: Waiting[] = [];
  #open = false;
  #turn: NodeJS.Immediate | undefined;
  /** How often what was written was undone. */
  rollbacks = 0;

  constructor(
    readonly db: DatabaseSyncInstance,
    /** Puts an error into words for who wrote; told of every failed transaction. */
    readonly explain: (error: unknown) => Error,
    /** Called after each commit. */
    readonly onCommit: () => void,
  ) {}

  /**
   * Writes within this turn's transaction.
   *
   * @param apply called when it is on disk
   * @param undo called when it is not: the transaction was rolled back
   * @returns fulfilled after `apply`, rejected after `undo`
   */
  write(work: () => void, apply: () => void = () => {}, undo: () => void = () => {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const committed = () => {
        apply();
        resolve();
      };
      const failed = (error: unknown) => {
        undo();
        reject(error);
      };
      this.#waiting.push({ committed, failed });
      try {
        this.#begin();
        work();
      } catch (error) {
        this.#rollBack(error);
      }
    });
  }

  /** Commits what is open. */
  commit(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#turn = undefined;
    if (!this.#open) return;
    try {
      this.db.exec("COMMIT");
    } catch (error) {
      this.#rollBack(error);
      return;
    }
    this.#open = false;
    for (const waiting of this.#takeWaiting()) waiting.committed();
    this.onCommit();
  }

  #begin(): void {
    if (this.#open) return;
    this.#turn ??= setImmediate(() => this.commit());
    this.db.exec("BEGIN IMMEDIATE");
    this.#open = true;
  }

  /** What belongs together fails together, the last first. */
  #rollBack(error: unknown): void {
    // A full disk rolls back by itself.
    if (this.#open && this.db.isTransaction) this.db.exec("ROLLBACK");
    this.#open = false;
    this.rollbacks++;
    const explained = this.explain(error);
    for (const waiting of this.#takeWaiting().reverse()) waiting.failed(explained);
  }

  #takeWaiting(): Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
