// One queue in memory: what is ready in order, what was given back, what waits for its time, what is leased.
import { randomBytes } from "node:crypto";
import type { Claim, QueueStats, Settled, Verdict } from "../engine.js";
import { Fifo } from "../../model/fifo.js";
import { Heap } from "./heap.js";
import type { SettledLeases } from "./settled-leases.js";

interface Entry {
  /** Its place in the queue, for life. */
  readonly place: number;
  readonly body: Buffer;
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

const byPlace = (one: Entry, other: Entry) => one.place < other.place;
const byTime = (one: Entry, other: Entry) => one.at < other.at || (one.at === other.at && one.place < other.place);

export class MemoryQueue {
  #fresh = new Fifo<Entry>();
  #returned = new Heap<Entry>(byPlace);
  #delayed = new Heap<Entry>(byTime);
  #leased = new Map<string, Entry>();
  /** Ends of leases, with old ends left in until they surface. */
  #ends = new Heap<{ until: number; lease: string }>((one, other) => one.until < other.until);
  /** Keeps the leases of a deleted queue from fitting a new one of the same name. */
  #incarnation = randomBytes(5).toString("hex");
  #nextPlace = 0;
  #bytes = 0;

  constructor(readonly settled: SettledLeases) {}

  append(body: Buffer): void {
    this.#bytes += body.length;
    this.#fresh.push({ place: this.#nextPlace++, body, attempts: 0, claims: 0, at: 0, lease: "", until: 0 });
  }

  claim(max: number, now: number, until: number | undefined): Claim[] {
    this.#ripen(now);
    const claims: Claim[] = [];
    while (claims.length < max) {
      const entry = this.#take();
      if (entry === undefined) break;
      claims.push(until === undefined ? this.#release(entry) : this.#lease(entry, until));
    }
    return claims;
  }

  held(lease: string, now: number): Claim | undefined {
    const entry = this.#leased.get(lease);
    return entry !== undefined && entry.until > now ? claimOf(entry) : undefined;
  }

  settle(verdict: Verdict, now: number, move: (queue: string, body: Buffer) => void): Settled {
    const entry = this.#leased.get(verdict.lease);
    if (entry === undefined) return this.settled.has(verdict.lease) ? "done" : "lost";
    if (entry.until <= now) return "lost";
    this.#leased.delete(verdict.lease);
    this.settled.add(verdict.lease);
    if (verdict.kind === "return") this.#giveBack(entry, verdict.at, verdict.counted);
    else this.#bytes -= entry.body.length;
    if (verdict.kind === "move") move(verdict.queue, verdict.body);
    return "done";
  }

  extend(lease: string, now: number, until: number): boolean {
    const entry = this.#leased.get(lease);
    if (entry === undefined || entry.until <= now) return false;
    entry.until = until;
    this.#ends.push({ until, lease });
    return true;
  }

  lapsed(now: number): { claims: Claim[]; next: number | undefined } {
    this.#ripen(now);
    const claims: Claim[] = [];
    for (let end = this.#ends.peek(); end !== undefined; end = this.#ends.peek()) {
      const entry = this.#leased.get(end.lease);
      const stale = entry === undefined || entry.until !== end.until;
      if (!stale && end.until > now) break;
      this.#ends.pop();
      if (!stale) claims.push(claimOf(entry));
    }
    const next = Math.min(this.#ends.peek()?.until ?? Infinity, this.#delayed.peek()?.at ?? Infinity);
    return { claims, next: next === Infinity ? undefined : next };
  }

  dropOldest(max: number): number {
    let dropped = 0;
    while (dropped < max) {
      const entry = this.#take() ?? this.#delayed.pop();
      if (entry === undefined) break;
      this.#bytes -= entry.body.length;
      dropped++;
    }
    return dropped;
  }

  peek(max: number, now: number): Buffer[] {
    this.#ripen(now);
    const returned = [...this.#returned.values()].sort((one, other) => one.place - other.place).slice(0, max);
    return [...returned, ...this.#fresh.first(max)]
      .sort((one, other) => one.place - other.place)
      .slice(0, max)
      .map((entry) => entry.body);
  }

  purge(): number {
    const purged = this.#fresh.size + this.#returned.size + this.#delayed.size;
    this.#fresh.clear();
    this.#returned.clear();
    this.#delayed.clear();
    this.#bytes = 0;
    for (const entry of this.#leased.values()) this.#bytes += entry.body.length;
    return purged;
  }

  stats(now: number): QueueStats {
    this.#ripen(now);
    const ready = this.#fresh.size + this.#returned.size;
    return { ready, delayed: this.#delayed.size, leased: this.#leased.size, bytes: this.#bytes };
  }

  /** Lets what has waited long enough be ready, at its old place. */
  #ripen(now: number): void {
    for (let entry = this.#delayed.peek(); entry !== undefined && entry.at <= now; entry = this.#delayed.peek()) {
      this.#returned.push(this.#delayed.pop()!);
    }
  }

  /** The ready entry with the lowest place. */
  #take(): Entry | undefined {
    const returned = this.#returned.peek();
    const fresh = this.#fresh.peek();
    if (returned !== undefined && (fresh === undefined || returned.place < fresh.place)) return this.#returned.pop();
    return this.#fresh.shift();
  }

  #lease(entry: Entry, until: number): Claim {
    entry.lease = `${this.#incarnation}.${entry.place.toString(36)}.${(++entry.claims).toString(36)}`;
    entry.until = until;
    this.#leased.set(entry.lease, entry);
    this.#ends.push({ until, lease: entry.lease });
    return claimOf(entry);
  }

  #release(entry: Entry): Claim {
    this.#bytes -= entry.body.length;
    return { body: entry.body, attempt: entry.attempts + 1, lease: "" };
  }

  #giveBack(entry: Entry, at: number, counted: boolean): void {
    if (counted) entry.attempts++;
    entry.at = at;
    (at === 0 ? this.#returned : this.#delayed).push(entry);
  }
}

function claimOf(entry: Entry): Claim {
  return { body: entry.body, attempt: entry.attempts + 1, lease: entry.lease };
}
