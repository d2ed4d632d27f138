// One queue on disk: a ledger in memory over a table. Leases live in memory: after a restart everything that was not settled is available
// again, and who held it before may still acknowledge it as long as nobody else got it.
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
import { Ledger, numberOf } from "../ledger.js";
import { SettledLeases } from "../settled-leases.js";
import { type SqliteEntry, SqliteLine } from "./line.js";
import type { Places } from "./places.js";
import type { Outline, Table } from "./table.js";
import type { Transactions } from "./transactions.js";

/** What a write within a transaction is followed by, when that is on disk and when it is rolled back. */
export interface Written {
  readonly apply: () => void;
  readonly undo: () => void;
}

const nothing: Written = { apply: () => {}, undo: () => {} };

/** What a settlement needs of the transaction that it is part of. */
export interface Settlements {
  /** Appends to another queue. */
  move(append: Append): void;
  /** Has something called when the transaction is rolled back. */
  onUndo(undo: () => void): void;
}

export class SqliteQueue {
  #line: SqliteLine;
  readonly #ledger: Ledger<SqliteEntry>;
  #bytes: number;
  /** Appended in this turn, not committed yet. */
  #pending = 0;
  /** No row that was not read expires before. */
  #soonestExpiry: number;

  constructor(
    readonly table: Table,
    readonly places: Places,
    readonly transactions: Transactions,
    /** `<queue's incarnation>.<this opening of the file>`: what leases begin with. */
    readonly life: string,
    settledLeases: number,
  ) {
    this.#bytes = table.totals().bytes;
    this.#line = this.#newLine(places.next);
    const nameLease = ({ place, claims }: SqliteEntry) => `${this.life}.${place.toString(36)}.${claims.toString(36)}`;
    this.#ledger = new Ledger(this.#line, new SettledLeases(settledLeases), nameLease);
    this.#takeUpDelayed(new Set());
    this.#soonestExpiry = table.nextExpiry(0) ?? Infinity;
  }

  /** Within a transaction; the message is available when that is committed. */
  append({ body, priority = 0, due = 0, expires = 0 }: Omit<Append, "queue">): Written {
    const place = this.places.next;
    const size = body.length;
    this.table.insert(place, priority, due, expires, body);
    this.places.next++;
    this.#pending++;
    this.#bytes += size;
    if (expires > 0) this.#soonestExpiry = Math.min(this.#soonestExpiry, expires);
    const apply = () => {
      this.#pending--;
      this.#line.grow(place, priority);
      if (due > 0) this.#delay({ place, priority, attempts: 0, due, expires, size });
    };
    // Of a turn the last is undone first.
    const undo = () => {
      this.places.next = place;
      this.#pending--;
      this.#bytes -= size;
    };
    return { apply, undo };
  }

  async claim(max: number, now: number, until: number | undefined): Promise<Claim[]> {
    this.#expireUnread(now);
    const entries = this.#ledger.take(max, CLAIM_BYTES, now);
    if (until !== undefined) for (const entry of entries) this.#ledger.lease(entry, until);
    const claims = entries.map((entry) => this.#claimOf(entry));
    if (until === undefined) await this.#forget(entries);
    else for (const entry of entries) entry.body = undefined;
    return claims;
  }

  held(lease: string, now: number): Claim | undefined {
    const entry = this.#ledger.held(lease, now);
    return entry && this.#claimOf(entry);
  }

  /** Within a transaction. */
  settle(verdict: Verdict, now: number, { move, onUndo }: Settlements): Settled {
    const entry = this.#ledger.held(verdict.lease, now);
    if (entry === undefined) return this.#settleFromBefore(verdict, onUndo);
    if (verdict.kind === "return") {
      this.#return(entry, verdict.at, verdict.counted, now);
      return "done";
    }
    if (verdict.kind === "move") move(verdict);
    this.#delete(entry.place);
    this.#ledger.end(entry, now);
    entry.state = "gone";
    this.#bytes -= entry.size;
    onUndo(() => {
      this.#ledger.unend(entry);
      this.#bytes += entry.size;
    });
    return "done";
  }

  extend(lease: string, now: number, until: number): boolean {
    const entry = this.#ledger.held(lease, now);
    if (entry !== undefined) this.#ledger.extend(entry, until);
    return entry !== undefined;
  }

  async lapsed(now: number): Promise<Lapsed> {
    this.#expireUnread(now);
    const { ended, expired, next } = this.#ledger.lapsed(now);
    const claims = ended.map((entry) => this.#claimOf(entry));
    const bodies = expired.map((entry) => this.#bodyOf(entry));
    if (expired.length > 0) await this.#forget(expired);
    const soonest = Math.min(next ?? Infinity, this.#soonestExpiry);
    return { claims, expired: bodies, next: soonest === Infinity ? undefined : soonest };
  }

  dropOldest(max: number): Buffer[] {
    const dropped: SqliteEntry[] = [];
    while (dropped.length < max) {
      const entry = this.#ledger.shiftOldest();
      if (entry === undefined) break;
      dropped.push(entry);
    }
    const bodies = dropped.map((entry) => this.#bodyOf(entry));
    // Whoever appends in this turn learns of a failure: it is the same transaction.
    this.#forget(dropped).catch(() => {});
    return bodies;
  }

  peek(max: number, now: number): Shown[] {
    this.#expireUnread(now);
    return this.#ledger.first(max, now).map((entry) => this.#shownOf(entry));
  }

  async purge(numbers?: readonly number[]): Promise<number> {
    if (numbers === undefined) return this.#purgeAll();
    const entries = this.#ledger.takeOut(numbers.map((number) => number - 1));
    for (const { size } of entries) this.#bytes -= size;
    const write = () => entries.forEach(({ place }) => this.#delete(place));
    await this.transactions.write(write, nothing.apply, () => this.#reload());
    return entries.length;
  }

  async #purgeAll(): Promise<number> {
    const leased = this.#leasedPlaces();
    const purged = this.#line.size + this.#ledger.clear();
    const before = this.#line.visible;
    this.#line.clear();
    const write = () => {
      this.places.losing(before - 1);
      this.table.purge(before, leased);
    };
    await this.transactions.write(write, nothing.apply, () => this.#reload());
    this.#bytes = this.table.totals().bytes;
    return purged;
  }

  stats(now: number): QueueStats {
    this.#expireUnread(now);
    const stats = this.#ledger.stats(now);
    return { ...stats, ready: stats.ready + this.#pending, bytes: this.#bytes, last: this.places.next };
  }

  /** Takes rows that expired before they were read out of the line. Those that were read are the ledger's. */
  #expireUnread(now: number): void {
    if (now < this.#soonestExpiry) return;
    for (const outline of this.table.expired(now)) {
      if (this.#line.skip(outline.place, outline.priority)) this.#ledger.expire(entryOf(outline));
    }
    this.#soonestExpiry = this.table.nextExpiry(now) ?? Infinity;
  }

  /** Takes the line up from the table again, as a restart would, but for what is leased. */
  #reload(): void {
    const leased = new Set(this.#leasedPlaces());
    this.#bytes = this.table.totals().bytes;
    this.#line = this.#newLine(this.#line.visible);
    this.#ledger.replaceLine(this.#line);
    for (const place of leased) this.#line.skip(place, this.table.row(place)?.priority ?? 0);
    this.#takeUpDelayed(leased);
    this.#soonestExpiry = this.table.nextExpiry(0) ?? Infinity;
  }

  #newLine(visible: number): SqliteLine {
    const { count } = this.table.totals();
    return new SqliteLine(this.table, visible, count - this.#pending, (entry) => this.#ledger.watch(entry));
  }

  #leasedPlaces(): number[] {
    return [...this.#ledger.leased()].map(({ place }) => place);
  }

  #takeUpDelayed(but: ReadonlySet<number>): void {
    for (const outline of this.table.delayed()) if (!but.has(outline.place)) this.#delay(outline);
  }

  /** A row that stands in line unread waits for its time instead. */
  #delay(outline: Outline): void {
    this.#line.skip(outline.place, outline.priority);
    this.#ledger.giveBack(entryOf(outline), outline.due);
  }

  #forget(entries: readonly SqliteEntry[]): Promise<void> {
    for (const entry of entries) {
      entry.state = "gone";
      this.#bytes -= entry.size;
    }
    const write = () => entries.forEach(({ place }) => this.#delete(place));
    const undo = () => {
      for (const entry of entries) {
        this.#bytes += entry.size;
        this.#ledger.giveBack(entry, 0);
      }
    };
    return this.transactions.write(write, nothing.apply, undo);
  }

  /** A count or a time that could not be written is forgotten at the next restart; the message is available all the same. */
  #return(entry: SqliteEntry, at: number, counted: boolean, now: number): void {
    const attempts = entry.attempts + Number(counted);
    if (counted || at > 0) this.table.update(entry.place, attempts, at);
    entry.attempts = attempts;
    this.#ledger.end(entry, now);
    this.#ledger.giveBack(entry, at);
  }

  /** A lease from before the last restart may still be acknowledged while its message stands in line, untouched. */
  #settleFromBefore(verdict: Verdict, onUndo: Settlements["onUndo"]): Settled {
    const settled = this.#ledger.absent(verdict.lease);
    const place = this.#placeFromBefore(verdict.lease);
    if (settled === "before" || verdict.kind !== "forget" || place === undefined) return settled;
    const row = this.table.row(place);
    if (row === undefined || !this.#line.skip(place, row.priority)) return settled;
    onUndo(() => this.#reload());
    this.#delete(place);
    this.#ledger.settled.add(verdict.lease);
    this.#bytes -= row.body.length;
    return "done";
  }

  #placeFromBefore(lease: string): number | undefined {
    const [incarnation, opening, place] = lease.split(".");
    const [ownIncarnation, ownOpening] = this.life.split(".");
    if (incarnation !== ownIncarnation || opening === ownOpening || place === undefined) return undefined;
    return Number.parseInt(place, 36);
  }

  /** Within a transaction. */
  #delete(place: number): void {
    this.places.losing(place);
    this.table.delete(place);
  }

  #shownOf(entry: SqliteEntry): Shown {
    return { body: this.#bodyOf(entry), number: numberOf(entry) };
  }

  #claimOf(entry: SqliteEntry): Claim {
    return { ...this.#shownOf(entry), attempt: entry.attempts + 1, lease: entry.lease };
  }

  #bodyOf(entry: SqliteEntry): Buffer {
    const body = entry.body ?? this.table.row(entry.place)?.body;
    if (body === undefined) throw new Error(`message ${entry.place} of ${this.table.name} is not in the file`);
    return body;
  }
}

function entryOf({ place, priority, size, expires, attempts }: Outline): SqliteEntry {
  const start = { claims: 0, at: 0, lease: "", until: 0, state: "line" } as const;
  return { place, priority, size, expires, body: undefined, attempts, ...start };
}
