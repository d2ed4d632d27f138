// How far each session has come, so that a publisher that sends again after a crash of the gateway has nothing stored twice.
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import type { Progress } from "../engine.js";

/** A publisher that comes back later than that after its last stored message has given up long ago, in milliseconds. */
const KEPT_FOR = 3_600_000;
/** Notes between two clearings. */
const CLEARED_EVERY = 1000;

export class SessionProgress {
  readonly #note: StatementSyncInstance;
  readonly #clear: StatementSyncInstance;
  #notes = 0;

  constructor(readonly db: DatabaseSyncInstance) {
    this.#clear = db.prepare("DELETE FROM sessions WHERE noted_at < ?");
    this.#note = db.prepare(
      "INSERT INTO sessions (id, sequence, noted_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, noted_at = excluded.noted_at",
    );
  }

  recent(): Progress[] {
    const recent = this.db.prepare("SELECT id AS session, sequence FROM sessions WHERE noted_at >= ?");
    return recent.all(Date.now() - KEPT_FOR) as unknown as Progress[];
  }

  /** Within a transaction. */
  note({ session, sequence }: Progress): void {
    if (this.#notes++ % CLEARED_EVERY === 0) this.#clear.run(Date.now() - KEPT_FOR);
    this.#note.run(session, sequence, Date.now());
  }
}
