// The statements of one queue's table.
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";

export interface Row {
  readonly place: number;
  readonly attempts: number;
  readonly expires: number;
  readonly body: Buffer;
}

/** What is known of a row without its body. */
export interface Outline {
  readonly place: number;
  readonly priority: number;
  readonly attempts: number;
  readonly due: number;
  readonly expires: number;
  readonly size: number;
}

export class Table {
  readonly #insert: StatementSyncInstance;
  readonly #row: StatementSyncInstance;
  readonly #delete: StatementSyncInstance;
  readonly #update: StatementSyncInstance;
  readonly #purge: StatementSyncInstance;
  readonly #pages = new Map<number, StatementSyncInstance>();

  constructor(
    readonly db: DatabaseSyncInstance,
    readonly name: string,
  ) {
    this.#insert = db.prepare(
      `INSERT INTO ${name} (place, priority, attempts, due, expires, body) VALUES (?, ?, 0, ?, ?, ?)`,
    );
    this.#row = db.prepare(`SELECT place, priority, attempts, expires, body FROM ${name} WHERE place = ?`);
    this.#delete = db.prepare(`DELETE FROM ${name} WHERE place = ?`);
    this.#update = db.prepare(`UPDATE ${name} SET attempts = ?, due = ? WHERE place = ?`);
    this.#purge = db.prepare(`DELETE FROM ${name} WHERE place < ? AND place NOT IN (SELECT value FROM json_each(?))`);
  }

  insert(place: number, priority: number, due: number, expires: number, body: Buffer): void {
    this.#insert.run(place, priority, due, expires, body);
  }

  row(place: number): (Row & { priority: number }) | undefined {
    const row = this.#row.get(place) as (Row & { priority: number; body: Uint8Array }) | undefined;
    return row && { ...row, body: asBuffer(row.body) };
  }

  delete(place: number): void {
    this.#delete.run(place);
  }

  update(place: number, attempts: number, due: number): void {
    this.#update.run(attempts, due, place);
  }

  /** Rows of one priority in order of place, from one place up to another, read as they are asked for. */
  *rows(priority: number, from: number, before: number, max: number): Generator<Row> {
    for (const row of this.#page(priority).iterate(from, before, max) as Iterable<Row & { body: Uint8Array }>) {
      yield { ...row, body: asBuffer(row.body) };
    }
  }

  /** Deletes everything before a place but for the places to keep. */
  purge(before: number, keep: readonly number[]): void {
    this.#purge.run(before, JSON.stringify(keep));
  }

  /** How many rows and bytes there are, and the place behind the last. */
  totals(): { count: number; bytes: number; nextPlace: number } {
    return this.#one(
      "count(*) AS count, coalesce(sum(length(body)), 0) AS bytes, coalesce(max(place), -1) + 1 AS nextPlace",
    );
  }

  priorities(): number[] {
    const rows = this.#all<{ priority: number }>("DISTINCT priority", "priority > 0");
    return [0, ...rows.map(({ priority }) => priority)];
  }

  /** Rows that wait, or have waited, for a time. */
  delayed(): Outline[] {
    return this.#all("place, priority, attempts, due, expires, length(body) AS size", "due > 0");
  }

  /** Rows that expired until `now`, by time. */
  expired(now: number): Outline[] {
    const columns = "place, priority, attempts, due, expires, length(body) AS size";
    return this.#all(columns, `expires > 0 AND expires <= ${Math.floor(now)} ORDER BY expires`);
  }

  /** When the next row expires; undefined = none does. */
  nextExpiry(now: number): number | undefined {
    // `expires > 0` is what the index asks for.
    const condition = `expires > 0 AND expires > ${Math.floor(now)} ORDER BY expires LIMIT 1`;
    const [row] = this.#all<{ expires: number }>("expires", condition);
    return row?.expires;
  }

  /** Bodies of the youngest rows, the youngest first, read as they are asked for. */
  *youngest(): Generator<Buffer> {
    const sql = `SELECT body FROM ${this.name} ORDER BY place DESC`;
    for (const row of this.db.prepare(sql).iterate() as Iterable<{ body: Uint8Array }>) yield asBuffer(row.body);
  }

  /** The priority stands in the statement as a literal, so that the partial index serves it. */
  #page(priority: number): StatementSyncInstance {
    const known = this.#pages.get(priority);
    if (known !== undefined) return known;
    const prepared = this.db.prepare(
      `SELECT place, attempts, expires, body FROM ${this.name}
       WHERE priority = ${priority} ${priority > 0 ? "AND priority > 0" : ""} AND place >= ? AND place < ? ORDER BY place LIMIT ?`,
    );
    this.#pages.set(priority, prepared);
    return prepared;
  }

  #all<T>(columns: string, condition: string): T[] {
    return this.db.prepare(`SELECT ${columns} FROM ${this.name} WHERE ${condition}`).all() as T[];
  }

  #one<T>(columns: string): T {
    return this.db.prepare(`SELECT ${columns} FROM ${this.name}`).get() as T;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
