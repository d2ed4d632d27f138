// The file: opened for this process alone, checked, brought up to date.
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { StartError } from "../../model/errors.js";
import type { Log } from "../../telemetry/log.js";
import { pragma } from "./pragma.js";
import { spend } from "./reserve.js";
import { setAside } from "./salvage.js";
import { migrate, NewerFile } from "./schema.js";

const FILE_NAME = "berrymq.db";

/** What the write-ahead log is cut to: as much as SQLite lets it grow by itself. */
const LOG_BYTES = 4 * 1024 * 1024;

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
    return onFullDisk(() => openPath(path, synchronous, log), directory);
  } catch (error) {
    throw explain(path, error);
  }
}

function openPath(path: string, synchronous: Synchronous, log: Log): DatabaseSyncInstance {
  return isThere(path) ? openExisting(path, synchronous, log) : openNew(path, synchronous);
}

/** Once more with what was kept back for settling, which is enough to open a file. */
function onFullDisk<T>(open: () => T, directory: string): T {
  try {
    return open();
  } catch (error) {
    if (codeOf(error) !== SQLITE_FULL) throw error;
    spend(directory);
    return open();
  }
}

/** False where there is nothing to lose. */
function isThere(path: string): boolean {
  return sizeOf(path) > 0 || sizeOf(`${path}-wal`) > 0;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function openNew(path: string, synchronous: Synchronous): DatabaseSyncInstance {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  return prepare(db, synchronous);
}

function openExisting(path: string, synchronous: Synchronous, log: Log): DatabaseSyncInstance {
  try {
    // SQLite would take it for a new one, and remove the log.
    if (sizeOf(path) === 0) throw new Damage("it is empty, and its write-ahead log is not");
    return openChecked(path, synchronous);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return setAside(path, () => openNew(path, synchronous), error, log);
  }
}

function openChecked(path: string, synchronous: Synchronous): DatabaseSyncInstance {
  const db = new DatabaseSync(path);
  try {
    prepare(db, synchronous);
    check(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepare(db: DatabaseSyncInstance, synchronous: Synchronous): DatabaseSyncInstance {
  // Alone: nobody else may even read, so that a second gateway is told so at once.
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(`PRAGMA synchronous = ${synchronous}`);
  // One large transaction does not leave a large log behind.
  db.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
  db.exec("BEGIN EXCLUSIVE");
  db.exec("COMMIT");
  migrate(db);
  return db;
}

function check(db: DatabaseSyncInstance): void {
  const found = String(pragma(db, "quick_check"));
  if (found !== "ok") throw new Damage(found);
}

class Damage extends Error {
  override readonly name = "Damage";
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
export const SQLITE_FULL = 13;
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
