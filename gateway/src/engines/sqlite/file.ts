// The file: opened for this process alone, checked, brought up to date.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { StartError } from "../../model/errors.js";
import type { Log } from "../../telemetry/log.js";
import { setAside } from "./salvage.js";
import { migrate, NewerFile } from "./schema.js";

const FILE_NAME = "berrymq.db";

/** How surely a commit is on disk: `full` survives a power cut, `normal` the end of the process only. */
export type Synchronous = "full" | "normal";

/** Why the file cannot be used, for who starts the gateway. */
export class StoreError extends StartError {
  override readonly name = "StoreError";
}

/** @throws StoreError naming the file and the way out */
export function openFile(directory: string, synchronous: Synchronous, log: Log): DatabaseSyncInstance {
  const path = join(directory, FILE_NAME);
  try {
    mkdirSync(directory, { recursive: true });
    return existsSync(path) ? openExisting(path, synchronous, log) : openNew(path, synchronous);
  } catch (error) {
    throw explain(path, error);
  }
}

function openNew(path: string, synchronous: Synchronous): DatabaseSyncInstance {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  return prepare(db, synchronous);
}

function openExisting(path: string, synchronous: Synchronous, log: Log): DatabaseSyncInstance {
  const db = new DatabaseSync(path);
  try {
    prepare(db, synchronous);
    check(db);
    return db;
  } catch (error) {
    db.close();
    if (!isDamage(error)) throw error;
    const fresh = setAside(path, () => openNew(path, synchronous), error, log);
    return fresh;
  }
}

function prepare(db: DatabaseSyncInstance, synchronous: Synchronous): DatabaseSyncInstance {
  // Alone: nobody else may even read, so that a second gateway is told so at once.
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(`PRAGMA synchronous = ${synchronous}`);
  db.exec("BEGIN EXCLUSIVE");
  db.exec("COMMIT");
  migrate(db);
  return db;
}

function check(db: DatabaseSyncInstance): void {
  const found = db.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (found.quick_check !== "ok") throw new Damage(found.quick_check);
}

class Damage extends Error {
  override readonly name = "Damage";
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof Damage || code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

function explain(path: string, error: unknown): StoreError {
  const why = error instanceof Error ? error.message : String(error);
  if (codeOf(error) === SQLITE_BUSY) {
    return new StoreError(`${path} is in use by another gateway; stop that one, or choose another --data directory`);
  }
  if (error instanceof NewerFile) return new StoreError(`${path} cannot be opened: ${why}`);
  return new StoreError(`${path} cannot be opened: ${why}; choose another --data directory, or mend it`);
}

/** SQLite's primary result code of an error. */
export function codeOf(error: unknown): number | undefined {
  const code = typeof error === "object" && error !== null && "errcode" in error ? Number(error.errcode) : undefined;
  return code === undefined ? undefined : code & 0xff;
}
