// A damaged file never stops the start silently, and is never thrown away: it is set aside under another name, whatever can be read of it
// is copied into a new file, and the log says what was found, kept and set aside.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import type { Log } from "../../telemetry/log.js";
import { createMessages } from "./schema.js";

interface QueueRow {
  id: number;
  name: string;
  incarnation: string;
  options: string;
  paused: number;
  /** Files of the first version have none. */
  next_place?: number;
}

interface SessionRow {
  id: string;
  sequence: number;
  noted_at: number;
}

interface MessageRow {
  place: number;
  priority: number;
  attempts: number;
  due: number;
  expires: number;
  body: Uint8Array;
}

/** Moves the file away, opens a new one and copies what can be read. */
export function setAside(
  path: string,
  openNew: () => DatabaseSyncInstance,
  cause: unknown,
  log: Log,
): DatabaseSyncInstance {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
  for (const suffix of ["", "-wal"]) renameIfThere(path + suffix, aside + suffix);
  rmSync(`${path}-shm`, { force: true });
  const fresh = openNew();
  const kept = copy(aside, fresh);
  const found = cause instanceof Error ? cause.message : String(cause);
  log.error({ found, kept, setAside: aside }, "the file is damaged; what could be read was copied into a new one");
  return fresh;
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** SQLite reads nothing at all of a file that is shorter than its header says: one that was cut off gets holes for what is missing. */
function lengthen(path: string): void {
  const header = Buffer.alloc(32);
  const file = openSync(path, "r+");
  try {
    readSync(file, header, 0, header.length, 0);
    const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    const size = pageSize * header.readUInt32BE(28);
    if (header.toString("latin1", 0, 15) === "SQLite format 3" && fstatSync(file).size < size)
      ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}

function copy(aside: string, fresh: DatabaseSyncInstance): { queues: number; messages: number; unreadable: number } {
  const kept = { queues: 0, messages: 0, unreadable: 0 };
  let damaged: DatabaseSyncInstance | undefined;
  try {
    lengthen(aside);
    damaged = new DatabaseSync(aside, { readOnly: true });
    copySessions(damaged, fresh);
    const queues = damaged.prepare("SELECT * FROM queues").all() as unknown as QueueRow[];
    for (const queue of queues) {
      copyQueue(damaged, fresh, queue, kept);
      kept.queues++;
    }
  } catch {
    // Not even its list of queues can be read: there is nothing to copy.
  } finally {
    damaged?.close();
  }
  return kept;
}

/** Without them, what publishers send again is stored twice, which is no loss. */
function copySessions(from: DatabaseSyncInstance, to: DatabaseSyncInstance): void {
  try {
    const insert = to.prepare("INSERT OR IGNORE INTO sessions VALUES (?, ?, ?)");
    const rows = from.prepare("SELECT id, sequence, noted_at FROM sessions").all() as unknown as SessionRow[];
    for (const { id, sequence, noted_at } of rows) insert.run(id, sequence, noted_at);
  } catch {
    // They cannot be read.
  }
}

function copyQueue(
  from: DatabaseSyncInstance,
  to: DatabaseSyncInstance,
  queue: QueueRow,
  kept: { messages: number; unreadable: number },
): void {
  to.exec("BEGIN IMMEDIATE");
  to.prepare("INSERT INTO queues (id, name, incarnation, options, paused, next_place) VALUES (?, ?, ?, ?, ?, ?)").run(
    queue.id,
    queue.name,
    queue.incarnation,
    queue.options,
    queue.paused,
    queue.next_place ?? 0,
  );
  createMessages(to, queue.id);
  const insert = to.prepare(`INSERT OR IGNORE INTO messages_${queue.id} VALUES (?, ?, ?, ?, ?, ?)`);
  // From both ends, so that what lies behind a damaged page is found, too.
  for (const order of ["ASC", "DESC"]) {
    try {
      const rows = from
        .prepare(
          `SELECT place, priority, attempts, due, expires, body FROM messages_${queue.id} ORDER BY place ${order}`,
        )
        .iterate();
      for (const row of rows as Iterable<MessageRow>) {
        const { changes } = insert.run(row.place, row.priority, row.attempts, row.due, row.expires, row.body);
        kept.messages += Number(changes);
      }
      break;
    } catch {
      kept.unreadable++;
    }
  }
  to.exec("COMMIT");
}
