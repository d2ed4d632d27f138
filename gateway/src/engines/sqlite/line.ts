// The rows of a queue that were not claimed since the file was opened: a lane for each priority.
import type { Entry, Line } from "../ledger.js";
import { Lane } from "./lane.js";
import type { Table } from "./table.js";

export interface SqliteEntry extends Entry {
  /** Kept while it is next in line; read again when it is needed later. */
  body: Buffer | undefined;
}

export class SqliteLine implements Line<SqliteEntry> {
  /** Of high priority first; most queues have one. */
  #lanes: Lane[] = [];

  constructor(
    readonly table: Table,
    /** The place behind the last committed row. */
    public visible: number,
    public size: number,
    readonly onRead: (entry: SqliteEntry) => void,
  ) {
    for (const priority of table.priorities()) this.#lane(priority);
  }

  /** A row was committed, and stands in line. */
  grow(place: number, priority: number): void {
    this.#lane(priority);
    this.visible = Math.max(this.visible, place + 1);
    this.size++;
  }

  peek(): SqliteEntry | undefined {
    for (const lane of this.#lanes) {
      const entry = lane.peek(this.visible);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  shift(): SqliteEntry | undefined {
    const lane = this.#lanes.find((each) => each.peek(this.visible) !== undefined);
    if (lane !== undefined) this.size--;
    return lane?.shift();
  }

  remove(): void {
    this.size--;
  }

  first(max: number): SqliteEntry[] {
    const found: SqliteEntry[] = [];
    for (const lane of this.#lanes) if (found.length < max) found.push(...lane.first(max - found.length, this.visible));
    return found;
  }

  take(place: number): SqliteEntry | undefined {
    for (const lane of this.#lanes) {
      const entry = lane.take(place, this.visible);
      if (entry === undefined) continue;
      this.size--;
      return entry;
    }
    return undefined;
  }

  /** Takes a row out of the line that was not read yet; false when it was. */
  skip(place: number, priority: number): boolean {
    if (place >= this.visible || !this.#lane(priority).skip(place)) return false;
    this.size--;
    return true;
  }

  /** Every row was deleted but those that are not in line. */
  clear(): void {
    for (const lane of this.#lanes) lane.clear(this.visible);
    this.size = 0;
  }

  #lane(priority: number): Lane {
    const known = this.#lanes.find((lane) => lane.priority === priority);
    if (known !== undefined) return known;
    const lane = new Lane(this.table, priority, this.onRead);
    this.#lanes.push(lane);
    this.#lanes.sort((one, other) => other.priority - one.priority);
    return lane;
  }
}
