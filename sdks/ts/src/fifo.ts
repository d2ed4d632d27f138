// A first-in first-out line whose ends cost the same at any length (an array's `shift` does not).

export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest, still there. */
  peek(): T | undefined {
    return this.items[this.head];
  }

  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head > 1024 && this.head * 2 > this.items.length) this.compact();
    return item;
  }

  /** The item `index` places after the oldest. */
  at(index: number): T | undefined {
    return this.items[this.head + index];
  }

  /** The item `fromEnd` places before the last. */
  recent(fromEnd: number): T | undefined {
    return this.items[this.items.length - 1 - fromEnd];
  }

  /** Puts an item back among those after which it does not belong; `before` is a strict order. */
  insert(item: T, before: (one: T, other: T) => boolean): void {
    const index = this.place(item, before);
    if (index === this.head && this.head > 0) this.items[--this.head] = item;
    else this.items.splice(index, 0, item);
  }

  /** Takes an item out from wherever it stands. Most stand in front, which costs nothing. */
  remove(item: T, before: (one: T, other: T) => boolean): void {
    const index = this.place(item, before);
    if (index === this.head) this.shift();
    else this.items.splice(index, 1);
  }

  clear(): void {
    this.items = [];
    this.head = 0;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.head; i < this.items.length; i++) yield this.items[i]!;
  }

  /** Behind everything that goes before the item. */
  private place(item: T, before: (one: T, other: T) => boolean): number {
    let low = this.head;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(this.items[middle]!, item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private compact(): void {
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}
