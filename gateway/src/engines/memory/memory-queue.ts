// One queue in memory.
import { randomBytes } from "node:crypto";
import {
  type Append,
  CLAIM_BYTES,
  type Claim,
  type Lapsed,
  type QueueStats,
  type Settled,
  type Shown,
  type Verdict,
} from "../engine.js";
import { type Entry, Ledger, numberOf } from "../ledger.js";
import { SettledLeases } from "../settled-leases.js";
import { type MemoryEntry, MemoryLine } from "./line.js";

export class MemoryQueue {
  readonly #line = new MemoryLine();
  readonly #ledger: Ledger<MemoryEntry>;
  /** Keeps the leases of a deleted queue from fitting a new one of the same name. */
  readonly #incarnation = randomBytes(5).toString("hex");
  #nextPlace = 0;
  #bytes = 0;

  constructor(settledLeases: number) {
    const nameLease = ({ place, claims }: Entry) => `${this.#incarnation}.${place.toString(36)}.${claims.toString(36)}`;
    this.#ledger = new Ledger(this.#line, new SettledLeases(settledLeases), nameLease);
  }

  append({ body: view, priority = 0, due = 0, expires = 0 }: Omit<Append, "queue">): void {
    const body = Buffer.from(view);
    const size = body.length;
    this.#bytes += size;
    const start = { attempts: 0, claims: 0, at: 0, lease: "", until: 0, state: "line" } as const;
    const entry: MemoryEntry = { place: this.#nextPlace++, priority, size, expires, body, ...start };
    if (due > 0) return this.#ledger.giveBack(entry, due);
    this.#line.push(entry);
    this.#ledger.watch(entry);
  }

  claim(max: number, now: number, until: number | undefined): Claim[] {
    const entries = this.#ledger.take(max, CLAIM_BYTES, now);
    for (const entry of entries) {
      if (until === undefined) this.#forget(entry);
      else this.#ledger.lease(entry, until);
    }
    return entries.map(claimOf);
  }

  held(lease: string, now: number): Claim | undefined {
    const entry = this.#ledger.held(lease, now);
    return entry && claimOf(entry);
  }

  settle(verdict: Verdict, now: number, move: (append: Append) => void): Settled {
    const entry = this.#ledger.held(verdict.lease, now);
    if (entry === undefined) return this.#ledger.absent(verdict.lease);
    this.#ledger.end(entry, now);
    if (verdict.kind === "return") {
      if (verdict.counted) entry.attempts++;
      this.#ledger.giveBack(entry, verdict.at);
    } else this.#forget(entry);
    if (verdict.kind === "move") move(verdict);
    return "done";
  }

  extend(lease: string, now: number, until: number): boolean {
    const entry = this.#ledger.held(lease, now);
    if (entry !== undefined) this.#ledger.extend(entry, until);
    return entry !== undefined;
  }

  lapsed(now: number): Lapsed {
    const { ended, expired, next } = this.#ledger.lapsed(now);
    for (const entry of expired) this.#bytes -= entry.size;
    return { claims: ended.map(claimOf), expired: expired.map(({ body }) => body), next };
  }

  dropOldest(max: number): Buffer[] {
    const dropped: Buffer[] = [];
    while (dropped.length < max) {
      const entry = this.#ledger.shiftOldest();
      if (entry === undefined) break;
      this.#bytes -= entry.size;
      dropped.push(entry.body);
    }
    return dropped;
  }

  peek(max: number, now: number): Shown[] {
    return this.#ledger.first(max, now).map(shownOf);
  }

  purge(numbers?: readonly number[]): number {
    return numbers === undefined ? this.#purgeAll() : this.#purgeThese(numbers);
  }

  #purgeThese(numbers: readonly number[]): number {
    const entries = this.#ledger.takeOut(numbers.map((number) => number - 1));
    for (const entry of entries) this.#bytes -= entry.size;
    return entries.length;
  }

  #purgeAll(): number {
    const purged = this.#line.size + this.#ledger.clear();
    this.#line.clear();
    this.#bytes = 0;
    for (const entry of this.#ledger.leased()) this.#bytes += entry.size;
    return purged;
  }

  stats(now: number): QueueStats {
    return { ...this.#ledger.stats(now), bytes: this.#bytes, last: this.#nextPlace };
  }

  #forget(entry: MemoryEntry): void {
    entry.state = "gone";
    this.#bytes -= entry.size;
  }
}

function shownOf(entry: MemoryEntry): Shown {
  return { body: entry.body, number: numberOf(entry) };
}

function claimOf(entry: MemoryEntry): Claim {
  return { ...shownOf(entry), attempt: entry.attempts + 1, lease: entry.lease };
}
