// The rows of a queue that were not claimed since the file was opened, read a page at a time, so that a million of them need no memory.
import { Fifo } from "../../model/fifo.js";
import type { Entry, Line } from "../ledger.js";
import type { Row, Table } from "./table.js";

export interface SqliteEntry extends Entry {
  /** Kept while it is next in line; read again when it is needed later. */
  body: Buffer | undefined;
}

const PAGE_ROWS = 512;
const PAGE_BYTES = 1024 * 1024;

export class SqliteLine implements Line<SqliteEntry> {
  #page = new Fifo<SqliteEntry>();
  /** The place behind the last row that was read. */
  #cursor = 0;
  /** Rows from here on are not committed yet. */
  #visible: number;
  #size: number;
  /** Places ahead of the cursor that are not in line: their entries are elsewhere, or gone. */
  readonly #skipped: Set<number>;

  constructor(
    readonly table: Table,
    visible: number,
    count: number,
    skipped: Iterable<number>,
  ) {
    this.#visible = visible;
    this.#skipped = new Set(skipped);
    this.#size = count - this.#skipped.size;
  }

  get size(): number {
    return this.#size;
  }

  get visible(): number {
    return this.#visible;
  }

  /** `count` rows more are committed, up to the place before `visible`. */
  grow(count: number, visible: number): void {
    this.#size += count;
    this.#visible = Math.max(this.#visible, visible);
  }

  peek(): SqliteEntry | undefined {
    this.#fill(1);
    return this.#page.peek();
  }

  shift(): SqliteEntry | undefined {
    this.#fill(1);
    const entry = this.#page.shift();
    if (entry !== undefined) this.#size--;
    return entry;
  }

  first(max: number): SqliteEntry[] {
    this.#fill(max);
    return this.#page.first(max);
  }

  /** Takes a row out of the line that was not read yet; false when it was. */
  skip(place: number): boolean {
    if (place < this.#cursor || place >= this.#visible || this.#skipped.has(place)) return false;
    this.#skipped.add(place);
    this.#size--;
    return true;
  }

  /** Every row was deleted but those that are not in line. */
  clear(): void {
    this.#page.clear();
    this.#cursor = this.#visible;
    this.#skipped.clear();
    this.#size = 0;
  }

  #fill(least: number): void {
    while (this.#page.size < least && this.#cursor < this.#visible) {
      if (!this.#readPage()) return;
    }
  }

  /** False when there was nothing to read. */
  #readPage(): boolean {
    let bytes = 0;
    let read = 0;
    for (const row of this.table.rows(this.#cursor, this.#visible, PAGE_ROWS)) {
      read++;
      this.#cursor = row.place + 1;
      if (!this.#skipped.delete(row.place)) this.#page.push(entryOf(row));
      bytes += row.body.length;
      if (bytes > PAGE_BYTES) break;
    }
    if (read === 0) this.#cursor = this.#visible;
    return read > 0;
  }
}

function entryOf({ place, attempts, body }: Row): SqliteEntry {
  return { place, size: body.length, body, attempts, claims: 0, at: 0, lease: "", until: 0 };
}
