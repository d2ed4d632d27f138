// The tables of the file, and how an older file becomes a newer one. Each migration runs once, in a transaction; `user_version` counts them.
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { pragma } from "./pragma.js";

/**
 * - `queues`: one row a queue. `incarnation` keeps the leases of a deleted queue from fitting a new one of the same name.
 *   `paused` is 1 for a pause, plus 2 where pushing pauses. No message had, or has, a place of `next_place` or above, but for those in the table.
 * - `messages_<id>`: one table a queue, so that a queue is read in order without an index and emptied at once. `due` and `expires` are in
 *   microseconds since the epoch, 0 = at once and never.
 * - `sessions`: the last sequence number of each session whose message was stored; `noted_at` is in milliseconds.
 */
const migrations: readonly ((db: DatabaseSyncInstance) => void)[] = [
  (db) =>
    db.exec(`CREATE TABLE queues (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      incarnation TEXT NOT NULL,
      options TEXT NOT NULL,
      paused INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      sequence INTEGER NOT NULL,
      noted_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`),
  (db) => db.exec("ALTER TABLE queues ADD COLUMN next_place INTEGER NOT NULL DEFAULT 0"),
];

/** Says that the file was written by a release newer than this one. */
export class NewerFile extends Error {
  override readonly name = "NewerFile";
}

export function migrate(db: DatabaseSyncInstance): void {
  const version = Number(pragma(db, "user_version"));
  if (version > migrations.length) {
    throw new NewerFile(
      `its schema is of version ${version}, and this release knows ${migrations.length}; use a newer release`,
    );
  }
  for (let next = version; next < migrations.length; next++) {
    db.exec("BEGIN IMMEDIATE");
    migrations[next]!(db);
    db.exec(`PRAGMA user_version = ${next + 1}`);
    db.exec("COMMIT");
  }
}

export function createMessages(db: DatabaseSyncInstance, id: number): void {
  db.exec(`CREATE TABLE messages_${id} (
    place INTEGER PRIMARY KEY,
    priority INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    body BLOB NOT NULL
  ) STRICT`);
  db.exec(`CREATE INDEX messages_${id}_priority ON messages_${id} (priority, place) WHERE priority > 0`);
  db.exec(`CREATE INDEX messages_${id}_due ON messages_${id} (due) WHERE due > 0`);
  db.exec(`CREATE INDEX messages_${id}_expires ON messages_${id} (expires) WHERE expires > 0`);
}
