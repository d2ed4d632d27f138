// The statements of one queue's table.
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";

export interface Row {
  readonly place: number;
  readonly attempts: number;
  readonly due: number;
  readonly body: Buffer;
}

export class Table {
  readonly #insert: StatementSyncInstance;
  readonly #body: StatementSyncInstance;
  readonly #delete: StatementSyncInstance;
  readonly #update: StatementSyncInstance;
  readonly #page: StatementSyncInstance;
  readonly #purge: StatementSyncInstance;

  constructor(
    readonly db: DatabaseSyncInstance,
    readonly name: string,
  ) {
    this.#insert = db.prepare(`INSERT INTO ${name} (place, attempts, due, body) VALUES (?, 0, 0, ?)`);
    this.#body = db.prepare(`SELECT body FROM ${name} WHERE place = ?`);
    this.#delete = db.prepare(`DELETE FROM ${name} WHERE place = ?`);
    this.#update = db.prepare(`UPDATE ${name} SET attempts = ?, due = ? WHERE place = ?`);
    this.#page = db.prepare(
      `SELECT place, attempts, due, body FROM ${name} WHERE place >= ? AND place < ? ORDER BY place LIMIT ?`,
    );
    this.#purge = db.prepare(`DELETE FROM ${name} WHERE place < ? AND place NOT IN (SELECT value FROM json_each(?))`);
  }

  insert(place: number, body: Buffer): void {
    this.#insert.run(place, body);
  }

  body(place: number): Buffer | undefined {
    const row = this.#body.get(place) as { body: Uint8Array } | undefined;
    return row && asBuffer(row.body);
  }

  delete(place: number): void {
    this.#delete.run(place);
  }

  update(place: number, attempts: number, due: number): void {
    this.#update.run(attempts, due, place);
  }

  /** Rows in order of place, from one place up to another, read as they are asked for. */
  *rows(from: number, before: number, max: number): Generator<Row> {
    for (const row of this.#page.iterate(from, before, max) as Iterable<Row & { body: Uint8Array }>) {
      yield { ...row, body: asBuffer(row.body) };
    }
  }

  /** Deletes everything before a place but for the places to keep. */
  purge(before: number, keep: readonly number[]): void {
    this.#purge.run(before, JSON.stringify(keep));
  }

  /** How many rows and bytes there are, and the place behind the last. */
  totals(): { count: number; bytes: number; nextPlace: number } {
    const sql = `SELECT count(*) AS count, coalesce(sum(length(body)), 0) AS bytes, coalesce(max(place), -1) + 1 AS nextPlace FROM ${this.name}`;
    return this.db.prepare(sql).get() as { count: number; bytes: number; nextPlace: number };
  }

  /** Rows that wait for a time. */
  delayed(): { place: number; attempts: number; due: number; size: number }[] {
    const sql = `SELECT place, attempts, due, length(body) AS size FROM ${this.name} WHERE due > 0`;
    return this.db.prepare(sql).all() as { place: number; attempts: number; due: number; size: number }[];
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
