// Who holds what of one queue: what is next in line, what was given back, what waits for its time, what is leased. It keeps no
// messages: the engine that owns it does, behind the entries and the line.
import type { QueueStats, Settled } from "./engine.js";
import { Heap } from "./heap.js";
import type { SettledLeases } from "./settled-leases.js";

/** A message as the ledger sees it. Engines add what they need to find the message. */
export interface Entry {
  /** Its place in the queue, for life. */
  readonly place: number;
  /** Bytes of its body. */
  readonly size: number;
  /** Counted attempts that ended. */
  attempts: number;
  /** All claims, so that each has a lease name of its own. */
  claims: number;
  /** When it is due again, while it is delayed. */
  at: number;
  /** The lease that holds it and its end, while it is leased. */
  lease: string;
  until: number;
}

/** The messages that were never claimed since the engine was opened, in order of place. */
export interface Line<E extends Entry> {
  readonly size: number;
  peek(): E | undefined;
  shift(): E | undefined;
  /** Up to `max` from the front, which stay. */
  first(max: number): E[];
}

const byPlace = (one: Entry, other: Entry) => one.place < other.place;
const byTime = (one: Entry, other: Entry) => one.at < other.at || (one.at === other.at && one.place < other.place);

export class Ledger<E extends Entry> {
  #returned = new Heap<E>(byPlace);
  #delayed = new Heap<E>(byTime);
  #leased = new Map<string, E>();
  /** Ends of leases, with old ends left in until they surface. */
  #ends = new Heap<{ until: number; lease: string }>((one, other) => one.until < other.until);

  constructor(
    private line: Line<E>,
    readonly settled: SettledLeases,
    /** Names a lease: unique for the queue, over all its lives. */
    readonly nameLease: (entry: E) => string,
  ) {}

  /** Takes messages that are due, in order, up to `max` of them and about `bytes`, at least one. */
  take(max: number, bytes: number, now: number): E[] {
    this.#ripen(now);
    const taken: E[] = [];
    let size = 0;
    while (taken.length < max) {
      const next = this.#next();
      if (next === undefined || (taken.length > 0 && size + next.size > bytes)) break;
      this.#shift();
      taken.push(next);
      size += next.size;
    }
    return taken;
  }

  lease(entry: E, until: number): void {
    entry.claims++;
    entry.lease = this.nameLease(entry);
    entry.until = until;
    this.#leased.set(entry.lease, entry);
    this.#ends.push({ until, lease: entry.lease });
  }

  /** The entry behind a lease that holds at `now`. */
  held(lease: string, now: number): E | undefined {
    const entry = this.#leased.get(lease);
    return entry !== undefined && entry.until > now ? entry : undefined;
  }

  /** How a lease that is not held stands. */
  absent(lease: string): Settled {
    return this.settled.has(lease) ? "done" : "lost";
  }

  /** Ends a lease. */
  end(entry: E): void {
    this.#leased.delete(entry.lease);
    this.settled.add(entry.lease);
  }

  /** Undoes `end`. */
  unend(entry: E): void {
    this.settled.delete(entry.lease);
    this.#leased.set(entry.lease, entry);
  }

  /** Available again from `at` on; 0 = at once, at its old place. */
  giveBack(entry: E, at: number): void {
    entry.at = at;
    (at === 0 ? this.#returned : this.#delayed).push(entry);
  }

  extend(entry: E, until: number): void {
    entry.until = until;
    this.#ends.push({ until, lease: entry.lease });
  }

  /** Entries whose leases are past their end at `now`, each told once, and when to look again. */
  lapsed(now: number): { entries: E[]; next: number | undefined } {
    this.#ripen(now);
    const entries: E[] = [];
    for (let end = this.#ends.peek(); end !== undefined; end = this.#ends.peek()) {
      const entry = this.#leased.get(end.lease);
      const stale = entry === undefined || entry.until !== end.until;
      if (!stale && end.until > now) break;
      this.#ends.pop();
      if (!stale) entries.push(entry);
    }
    const next = Math.min(this.#ends.peek()?.until ?? Infinity, this.#delayed.peek()?.at ?? Infinity);
    return { entries, next: next === Infinity ? undefined : next };
  }

  /** The oldest that nobody leases, taken out. */
  shiftOldest(): E | undefined {
    return this.#shift() ?? this.#delayed.pop();
  }

  /** Up to `max` that are due at `now`, in order, which stay. */
  first(max: number, now: number): E[] {
    this.#ripen(now);
    const returned = this.#returned.values().toSorted((one, other) => one.place - other.place);
    return [...returned.slice(0, max), ...this.line.first(max)]
      .sort((one, other) => one.place - other.place)
      .slice(0, max);
  }

  /** The engine read the line anew; what was given back stands in it. */
  replaceLine(line: Line<E>): void {
    this.clear();
    this.line = line;
  }

  /** Forgets everything that nobody leases, but for the line, which is the engine's; tells how many. */
  clear(): number {
    const cleared = this.#returned.size + this.#delayed.size;
    this.#returned.clear();
    this.#delayed.clear();
    return cleared;
  }

  /** Every entry that is leased. */
  leased(): Iterable<E> {
    return this.#leased.values();
  }

  stats(now: number): Omit<QueueStats, "bytes"> {
    this.#ripen(now);
    return { ready: this.line.size + this.#returned.size, delayed: this.#delayed.size, leased: this.#leased.size };
  }

  /** Lets what has waited long enough be ready, at its old place. */
  #ripen(now: number): void {
    for (let entry = this.#delayed.peek(); entry !== undefined && entry.at <= now; entry = this.#delayed.peek()) {
      this.#returned.push(this.#delayed.pop()!);
    }
  }

  /** The ready entry with the lowest place. */
  #next(): E | undefined {
    return this.#returnedIsNext() ? this.#returned.peek() : this.line.peek();
  }

  #shift(): E | undefined {
    return this.#returnedIsNext() ? this.#returned.pop() : this.line.shift();
  }

  #returnedIsNext(): boolean {
    const returned = this.#returned.peek();
    if (returned === undefined) return false;
    const fresh = this.line.peek();
    return fresh === undefined || returned.place < fresh.place;
  }
}
