// What waits for its time in a local queue.

/** The longest that a timer waits, in milliseconds; what is due later is looked at again. */
const TIMER_AT_MOST = 2 ** 31 - 1;

export class Later<T> {
  private readonly timers = new Map<T, ReturnType<typeof setTimeout>>();

  constructor(private readonly due: (item: T) => void) {}

  get size(): number {
    return this.timers.size;
  }

  /** @param at milliseconds since the epoch */
  add(item: T, at: number): void {
    const wait = Math.min(TIMER_AT_MOST, Math.max(0, at - Date.now()));
    this.timers.set(
      item,
      setTimeout(() => this.passed(item, at), wait),
    );
  }

  remove(item: T): void {
    clearTimeout(this.timers.get(item));
    this.timers.delete(item);
  }

  /** The one that waits longest, taken out; undefined = nothing waits. */
  shift(): T | undefined {
    const [first] = this.timers.keys();
    if (first !== undefined) this.remove(first);
    return first;
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  [Symbol.iterator](): Iterator<T> {
    return this.timers.keys();
  }

  private passed(item: T, at: number): void {
    this.timers.delete(item);
    if (at > Date.now()) this.add(item, at);
    else this.due(item);
  }
}
