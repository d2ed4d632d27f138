// Gives the space of settled messages back to the disk, in small steps between other work, so that the file does not stay as large as it once was.
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";

/** Free pages that are left for the next messages: 4 MiB. */
const SLACK = 1024;
/** Pages given back in one step, which takes about as long as a commit of so many. */
const STEP = 512;
/** Between two steps, for other work. */
const PAUSE_MS = 20;

export class Vacuum {
  readonly #free: StatementSyncInstance;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly db: DatabaseSyncInstance,
    /** Told of a step that failed; the next commit tries again. */
    readonly report: (error: unknown) => void,
  ) {
    this.#free = db.prepare("PRAGMA freelist_count");
  }

  /** Looks whether there is something to give back. */
  committed(): void {
    if (this.#timer === undefined && this.#freePages() > SLACK) this.#stepLater();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #freePages(): number {
    return (this.#free.get() as { freelist_count: number }).freelist_count;
  }

  #stepLater(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      try {
        this.#step();
      } catch (error) {
        this.report(error);
      }
    }, PAUSE_MS);
    this.#timer.unref();
  }

  #step(): void {
    // Within somebody's transaction it would be rolled back with that.
    if (!this.db.isTransaction) this.db.exec(`PRAGMA incremental_vacuum(${STEP})`);
    if (this.#freePages() > SLACK) this.#stepLater();
    // The file itself becomes smaller with a checkpoint.
    else this.db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
}
