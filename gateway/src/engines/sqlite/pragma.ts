// What a pragma says, asked without a prepared statement: one that is not collected yet keeps a connection, and its lock, after `close`.
import type { DatabaseSyncInstance } from "@photostructure/sqlite";

/** The first row of a pragma. @throws what SQLite throws for a damaged file */
export function pragma(db: DatabaseSyncInstance, name: string): unknown {
  let said: unknown;
  db.function("berrymq_said", (value: unknown) => {
    said ??= value;
    return null;
  });
  db.exec(`SELECT berrymq_said(${name}) FROM pragma_${name}`);
  return said;
}

/** Closes for good, whatever statements were prepared: what is in the log goes into the file, and the lock is let go of. */
export function release(db: DatabaseSyncInstance): void {
  try {
    db.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema");
  } catch {
    // A full disk: the next opening does it.
  }
  db.close();
}
