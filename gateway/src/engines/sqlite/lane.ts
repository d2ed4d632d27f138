// The rows of one priority that were not claimed since the file was opened, read a page at a time, so that a million need no memory.
import { Fifo } from "../../model/fifo.js";
import type { SqliteEntry } from "./line.js";
import type { Row, Table } from "./table.js";

const PAGE_ROWS = 512;
const PAGE_BYTES = 1024 * 1024;

export class Lane {
  readonly #page = new Fifo<SqliteEntry>();
  /** The place behind the last row that was read. */
  #cursor = 0;
  /** Places ahead of the cursor that are not in line: their entries are elsewhere, or gone. */
  readonly #skipped = new Set<number>();

  constructor(
    readonly table: Table,
    readonly priority: number,
    /** Told of each entry that was read. */
    readonly onRead: (entry: SqliteEntry) => void,
  ) {}

  /** The front, with what is gone taken off. `visible` is the place behind the last committed row. */
  peek(visible: number): SqliteEntry | undefined {
    for (;;) {
      while (this.#page.peek()?.state === "gone") this.#page.shift();
      if (this.#page.size > 0 || !this.#read(visible)) return this.#page.peek();
    }
  }

  shift(): SqliteEntry | undefined {
    return this.#page.shift();
  }

  /** Up to `max` from the front, which stay. */
  first(max: number, visible: number): SqliteEntry[] {
    while (this.#page.size < max && this.#read(visible));
    return this.#page.first(max).filter(({ state }) => state !== "gone");
  }

  /** Takes out the entry of a place, which stays in the page until its turn comes. */
  take(place: number, visible: number): SqliteEntry | undefined {
    if (place < this.#cursor) return [...this.#page].find((entry) => entry.place === place && entry.state === "line");
    const row = place < visible ? this.table.row(place) : undefined;
    if (row === undefined || row.priority !== this.priority || !this.skip(place)) return undefined;
    return entryOf(row, this.priority);
  }

  /** Takes a row out that was not read yet; false when it was. */
  skip(place: number): boolean {
    if (place < this.#cursor || this.#skipped.has(place)) return false;
    this.#skipped.add(place);
    return true;
  }

  /** Everything before `visible` is gone. */
  clear(visible: number): void {
    this.#page.clear();
    this.#cursor = visible;
    this.#skipped.clear();
  }

  /** Reads a page; false when there is nothing left to read. */
  #read(visible: number): boolean {
    if (this.#cursor >= visible) return false;
    let bytes = 0;
    let read = 0;
    for (const row of this.table.rows(this.priority, this.#cursor, visible, PAGE_ROWS)) {
      read++;
      this.#cursor = row.place + 1;
      if (!this.#skipped.delete(row.place)) this.#add(entryOf(row, this.priority));
      bytes += row.body.length;
      if (bytes > PAGE_BYTES) break;
    }
    if (read === 0) this.#cursor = visible;
    return read > 0;
  }

  #add(entry: SqliteEntry): void {
    this.#page.push(entry);
    this.onRead(entry);
  }
}

function entryOf({ place, attempts, expires, body }: Row, priority: number): SqliteEntry {
  const start = { claims: 0, at: 0, lease: "", until: 0, state: "line" } as const;
  return { place, priority, size: body.length, expires, body, attempts, ...start };
}
