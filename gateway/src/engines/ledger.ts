// Who holds what of one queue: what is next in line, what was given back, what waits for its time, what is leased, what expires. It keeps
// no messages: the engine that owns it does, behind the entries and the line.
import { CLAIM_BYTES, LAPSED_AT_ONCE, type QueueStats, type Settled } from "./engine.js";
import { Heap } from "./heap.js";
import type { SettledLeases } from "./settled-leases.js";

/** A message as the ledger sees it. Engines add what they need to find the message. */
export interface Entry {
  /** Its place in the queue, for life: its number less one. */
  readonly place: number;
  /** The higher goes first. */
  readonly priority: number;
  /** Bytes of its body. */
  readonly size: number;
  /** When it is dropped; 0 = never. */
  readonly expires: number;
  /** Counted attempts that ended. */
  attempts: number;
  /** All claims, so that each has a lease name of its own. */
  claims: number;
  /** When it is due, while it is delayed. */
  at: number;
  /** The lease that holds it and its end, while it is leased. */
  lease: string;
  until: number;
  state: "line" | "returned" | "delayed" | "leased" | "gone";
}

/** The messages that were never claimed since the engine was opened, first what goes first. */
export interface Line<E extends Entry> {
  readonly size: number;
  peek(): E | undefined;
  shift(): E | undefined;
  /** Takes out an entry that it has shown or told of, wherever it stands. */
  remove(entry: E): void;
  /** Up to `max` from the front, which stay. */
  first(max: number): E[];
  /** Takes out the entry of a place, wherever it stands. */
  take(place: number): E | undefined;
}

/** The number of an entry's message. */
export function numberOf({ place }: Entry): number {
  return place + 1;
}

/** The order in which messages are handed out. */
export function goesBefore(one: Entry, other: Entry): boolean {
  return one.priority > other.priority || (one.priority === other.priority && one.place < other.place);
}

/** Items of a heap that may be out of date before it is cleaned. */
const SLACK = 4096;

const byTime = (one: Entry, other: Entry) => one.at < other.at || (one.at === other.at && goesBefore(one, other));

export class Ledger<E extends Entry> {
  #returned = new Heap<E>(goesBefore);
  #delayed = new Heap<E>(byTime);
  #leased = new Map<string, E>();
  /** Ends of leases, with old ends left in until they surface. */
  #ends = new Heap<{ until: number; lease: string }>((one, other) => one.until < other.until);
  /** Entries that expire and are not leased, with some that are gone left in until they surface. */
  #expiring = new Heap<E>((one, other) => one.expires < other.expires);
  #expired: E[] = [];
  #counts = { returned: 0, delayed: 0 };

  constructor(
    private line: Line<E>,
    readonly settled: SettledLeases,
    /** Names a lease: unique for the queue, over all its lives. */
    readonly nameLease: (entry: E) => string,
  ) {}

  /** An entry came into the line. */
  watch(entry: E): void {
    if (entry.expires === 0) return;
    this.#expiring.push(entry);
    const { returned, delayed } = this.#counts;
    if (this.#expiring.size > SLACK + 2 * (this.line.size + returned + delayed)) {
      this.#expiring.retain(({ state }) => state !== "gone" && state !== "leased");
    }
  }

  /** Takes messages that are due, in order, up to `max` of them and about `bytes`, at least one. */
  take(max: number, bytes: number, now: number): E[] {
    this.#age(now);
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
    entry.state = "leased";
    this.#leased.set(entry.lease, entry);
    this.#noteEnd(entry);
  }

  /** The entry behind a lease that holds at `now`. */
  held(lease: string, now: number): E | undefined {
    const entry = this.#leased.get(lease);
    return entry !== undefined && entry.until > now ? entry : undefined;
  }

  /** How a lease that is not held stands. */
  absent(lease: string): Settled {
    return this.settled.has(lease) ? "before" : "lost";
  }

  /** Ends a lease. One that ran out (`now` is 0) is lost to its holder; any other may be settled again without harm. */
  end(entry: E, now: number): void {
    this.#leased.delete(entry.lease);
    if (now > 0) this.settled.add(entry.lease);
  }

  /** Undoes `end`. A lease that ran out is told of anew. */
  unend(entry: E): void {
    this.settled.delete(entry.lease);
    entry.state = "leased";
    this.#leased.set(entry.lease, entry);
    this.#ends.push({ until: entry.until, lease: entry.lease });
  }

  /** Available from `at` on; 0 = at once, at its old place. */
  giveBack(entry: E, at: number): void {
    entry.at = at;
    entry.state = at === 0 ? "returned" : "delayed";
    this.#counts[entry.state]++;
    (at === 0 ? this.#returned : this.#delayed).push(entry);
    this.watch(entry);
  }

  extend(entry: E, until: number): void {
    if (entry.until === until) return;
    entry.until = until;
    this.#noteEnd(entry);
  }

  /** Old ends are swept out before they outnumber those that hold. */
  #noteEnd({ until, lease }: E): void {
    this.#ends.push({ until, lease });
    if (this.#ends.size <= SLACK + 2 * this.#leased.size) return;
    this.#ends.retain((end) => this.#leased.get(end.lease)?.until === end.until);
  }

  /** What happened by itself until `now`: leases that ended (still in place) and entries that expired (taken out), each told once; and when to look again. */
  lapsed(now: number): { ended: E[]; expired: E[]; next: number | undefined } {
    this.#age(now);
    const ended: E[] = [];
    let bytes = 0;
    for (let end = this.#ends.peek(); end !== undefined; end = this.#ends.peek()) {
      if (ended.length >= LAPSED_AT_ONCE || bytes >= CLAIM_BYTES) break;
      const entry = this.#leased.get(end.lease);
      const stale = entry === undefined || entry.until !== end.until;
      if (!stale && end.until > now) break;
      this.#ends.pop();
      if (stale) continue;
      ended.push(entry);
      bytes += entry.size;
    }
    const expired = portion(this.#expired);
    this.#expired = this.#expired.slice(expired.length);
    return { ended, expired, next: this.#expired.length > 0 ? now : this.#nextEvent() };
  }

  /** The one that goes first of all that nobody leases, taken out; what is delayed goes last. */
  shiftOldest(): E | undefined {
    const entry = this.#shift() ?? this.#top(this.#delayed);
    if (entry?.state === "delayed") this.#counts.delayed--;
    if (entry !== undefined) entry.state = "gone";
    return entry;
  }

  /** Up to `max` that are due at `now`, in order, which stay. */
  first(max: number, now: number): E[] {
    this.#age(now);
    const returned = this.#returned.values().filter(({ state }) => state === "returned");
    return [...returned, ...this.line.first(max)].sort((one, other) => (goesBefore(one, other) ? -1 : 1)).slice(0, max);
  }

  /** An entry that never came into the line expired. */
  expire(entry: E): void {
    entry.state = "gone";
    this.#expired.push(entry);
  }

  /** The engine read the line anew; what was given back stands in it. */
  replaceLine(line: Line<E>): void {
    this.clear();
    this.line = line;
  }

  /** Forgets everything that nobody leases, but for the line, which is the engine's; tells how many. */
  clear(): number {
    const cleared = this.#counts.returned + this.#counts.delayed;
    this.#returned.clear();
    this.#delayed.clear();
    this.#expiring.clear();
    this.#counts = { returned: 0, delayed: 0 };
    return cleared;
  }

  /** Takes out the entries of these places that nobody leases. */
  takeOut(places: readonly number[]): E[] {
    const wanted = new Set(places);
    const waiting = [...this.#returned.values(), ...this.#delayed.values()];
    const found = waiting.filter(
      ({ place, state }) => wanted.has(place) && (state === "returned" || state === "delayed"),
    );
    for (const { state } of found) this.#counts[state as "returned" | "delayed"]--;
    for (const place of wanted) {
      const entry = this.line.take(place);
      if (entry !== undefined) found.push(entry);
    }
    for (const entry of found) entry.state = "gone";
    return found;
  }

  /** Every entry that is leased. */
  leased(): Iterable<E> {
    return this.#leased.values();
  }

  stats(now: number): Omit<QueueStats, "bytes" | "last"> {
    this.#age(now);
    const { returned, delayed } = this.#counts;
    return { ready: this.line.size + returned, delayed, leased: this.#leased.size };
  }

  /** Drops what has expired, and lets what has waited long enough be ready, at its old place. */
  #age(now: number): void {
    for (
      let entry = this.#expiring.peek();
      entry !== undefined && entry.expires <= now;
      entry = this.#expiring.peek()
    ) {
      this.#expiring.pop();
      if (entry.state !== "gone" && entry.state !== "leased") this.#expire(entry);
    }
    for (let entry = this.#delayed.peek(); entry !== undefined && entry.at <= now; entry = this.#delayed.peek()) {
      this.#delayed.pop();
      if (entry.state !== "delayed") continue;
      this.#counts.delayed--;
      this.#counts.returned++;
      entry.state = "returned";
      this.#returned.push(entry);
    }
  }

  #expire(entry: E): void {
    if (entry.state === "line") this.line.remove(entry);
    else if (entry.state === "returned" || entry.state === "delayed") this.#counts[entry.state]--;
    this.expire(entry);
  }

  #nextEvent(): number | undefined {
    const [end, due, expiring] = [this.#ends.peek()?.until, this.#delayed.peek()?.at, this.#expiring.peek()?.expires];
    const next = Math.min(end ?? Infinity, due ?? Infinity, expiring ?? Infinity);
    return next === Infinity ? undefined : next;
  }

  /** The ready entry that goes first. */
  #next(): E | undefined {
    return this.#returnedIsNext() ? this.#returned.peek() : this.line.peek();
  }

  #shift(): E | undefined {
    if (!this.#returnedIsNext()) return this.line.shift();
    this.#counts.returned--;
    return this.#returned.pop();
  }

  #returnedIsNext(): boolean {
    while (this.#returned.peek()?.state === "gone") this.#returned.pop();
    const returned = this.#returned.peek();
    if (returned === undefined) return false;
    const fresh = this.line.peek();
    return fresh === undefined || goesBefore(returned, fresh);
  }

  /** The first of a heap that is not gone, taken out. */
  #top(heap: Heap<E>): E | undefined {
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) if (entry.state !== "gone") return entry;
    return undefined;
  }
}

/** As many as are told of at once. */
function portion<E extends Entry>(entries: readonly E[]): E[] {
  const told: E[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (told.length >= LAPSED_AT_ONCE || bytes >= CLAIM_BYTES) break;
    told.push(entry);
    bytes += entry.size;
  }
  return told;
}
