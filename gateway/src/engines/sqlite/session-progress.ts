// How far each session has come, so that a publisher that sends again after a crash of the gateway has nothing stored twice.
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import type { Progress } from "../engine.js";

/** A publisher that comes back later than that after its last stored message has given up long ago, in milliseconds. */
const KEPT_FOR = 3_600_000;

export class SessionProgress {
  readonly #note: StatementSyncInstance;

  constructor(readonly db: DatabaseSyncInstance) {
    db.prepare("DELETE FROM sessions WHERE noted_at < ?").run(Date.now() - KEPT_FOR);
    this.#note = db.prepare(
      "INSERT INTO sessions (id, sequence, noted_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, noted_at = excluded.noted_at",
    );
  }

  recent(): Progress[] {
    return this.db.prepare("SELECT id AS session, sequence FROM sessions").all() as unknown as Progress[];
  }

  /** Within a transaction. */
  note({ session, sequence }: Progress): void {
    this.#note.run(session, sequence, Date.now());
  }
}
