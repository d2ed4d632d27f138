// The line of a queue in memory: a lane for each priority, first in, first out.
import { Fifo } from "../../model/fifo.js";
import type { Entry, Line } from "../ledger.js";

export interface MemoryEntry extends Entry {
  readonly body: Buffer;
}

export class MemoryLine implements Line<MemoryEntry> {
  /** Of high priority first; most queues have one. */
  #lanes: { priority: number; entries: Fifo<MemoryEntry> }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(entry: MemoryEntry): void {
    this.#size++;
    this.#lane(entry.priority).push(entry);
  }

  peek(): MemoryEntry | undefined {
    return this.#front()?.peek();
  }

  shift(): MemoryEntry | undefined {
    const entry = this.#front()?.shift();
    if (entry !== undefined) this.#size--;
    return entry;
  }

  /** The entry is marked as gone by who removes it, and passed over when its turn comes. */
  remove(): void {
    this.#size--;
  }

  first(max: number): MemoryEntry[] {
    const found: MemoryEntry[] = [];
    for (const { entries } of this.#lanes) {
      for (const entry of entries) {
        if (found.length >= max) return found;
        if (entry.state !== "gone") found.push(entry);
      }
    }
    return found;
  }

  take(place: number): MemoryEntry | undefined {
    for (const { entries } of this.#lanes) {
      for (const entry of entries) {
        if (entry.place !== place || entry.state !== "line") continue;
        this.#size--;
        return entry;
      }
    }
    return undefined;
  }

  clear(): void {
    this.#lanes = [];
    this.#size = 0;
  }

  /** The lane whose front goes first, with what is gone taken off its front. */
  #front(): Fifo<MemoryEntry> | undefined {
    for (const { entries } of this.#lanes) {
      while (entries.peek()?.state === "gone") entries.shift();
      if (entries.size > 0) return entries;
    }
    return undefined;
  }

  #lane(priority: number): Fifo<MemoryEntry> {
    const known = this.#lanes.find((lane) => lane.priority === priority);
    if (known !== undefined) return known.entries;
    const entries = new Fifo<MemoryEntry>();
    this.#lanes.push({ priority, entries });
    this.#lanes.sort((one, other) => other.priority - one.priority);
    return entries;
  }
}
