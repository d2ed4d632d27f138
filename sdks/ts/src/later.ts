// What waits for its time in a local queue.
import type { Clock, Timer } from "./clock.js";

export class Later<T> {
  private readonly timers = new Map<T, Timer>();

  constructor(
    private readonly clock: Clock,
    private readonly due: (item: T) => void,
  ) {}

  get size(): number {
    return this.timers.size;
  }

  /** @param at milliseconds since the epoch */
  add(item: T, at: number): void {
    this.timers.set(
      item,
      this.clock.after((at - this.clock.wall()) / 1000, () => this.passed(item, at)),
    );
  }

  remove(item: T): void {
    this.timers.get(item)?.stop();
    this.timers.delete(item);
  }

  /** The one that waits longest, taken out; undefined = nothing waits. */
  shift(): T | undefined {
    const [first] = this.timers.keys();
    if (first !== undefined) this.remove(first);
    return first;
  }

  clear(): void {
    for (const timer of this.timers.values()) timer.stop();
    this.timers.clear();
  }

  [Symbol.iterator](): Iterator<T> {
    return this.timers.keys();
  }

  private passed(item: T, at: number): void {
    this.timers.delete(item);
    if (at > this.clock.wall()) this.add(item, at);
    else this.due(item);
  }
}
