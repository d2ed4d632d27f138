// What a local queue can hand out now: the higher priority first, first in first out within one.
import { Fifo } from "./fifo.js";

/** What stands in line. */
export interface Placed {
  readonly priority: number;
  /** Its place among those of its priority. */
  readonly sequence: number;
}

const older = (one: Placed, other: Placed) => one.sequence < other.sequence;

export class PriorityLine<T extends Placed> {
  /** By priority; mostly there is only the first. */
  private readonly lines: Fifo<T>[] = [new Fifo()];

  get length(): number {
    let all = 0;
    for (const line of this.lines) all += line.length;
    return all;
  }

  push(item: T): void {
    this.line(item.priority).push(item);
  }

  /** Puts an item back at its old place. */
  insert(item: T): void {
    this.line(item.priority).insert(item, older);
  }

  /** Takes an item out from wherever it stands. */
  remove(item: T): void {
    this.line(item.priority).remove(item, older);
  }

  /** The one to hand out next. */
  shift(): T | undefined {
    for (let priority = this.lines.length - 1; priority >= 0; priority--) {
      const item = this.lines[priority]!.shift();
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** The oldest of all, whatever its priority. */
  shiftOldest(): T | undefined {
    const firsts = this.lines.filter((line) => line.length > 0);
    firsts.sort((one, other) => one.peek()!.sequence - other.peek()!.sequence);
    return firsts[0]?.shift();
  }

  clear(): void {
    for (const line of this.lines) line.clear();
  }

  /** In the order in which they would be handed out. */
  *[Symbol.iterator](): Iterator<T> {
    for (let priority = this.lines.length - 1; priority >= 0; priority--) yield* this.lines[priority]!;
  }

  private line(priority: number): Fifo<T> {
    while (this.lines.length <= priority) this.lines.push(new Fifo());
    return this.lines[priority]!;
  }
}
