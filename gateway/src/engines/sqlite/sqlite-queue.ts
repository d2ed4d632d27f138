// One queue on disk: a ledger in memory over a table. Leases live in memory: after a restart everything that was not settled is available
// again, and who held it before may still acknowledge it as long as nobody else got it.
import { CLAIM_BYTES, type Claim, type QueueStats, type Settled, type Verdict } from "../engine.js";
import { Ledger } from "../ledger.js";
import { SettledLeases } from "../settled-leases.js";
import { type SqliteEntry, SqliteLine } from "./line.js";
import type { Table } from "./table.js";
import type { Transactions } from "./transactions.js";

export class SqliteQueue {
  #line: SqliteLine;
  #ledger: Ledger<SqliteEntry>;
  #nextPlace: number;
  #bytes: number;
  /** Appended in this turn, not committed yet. */
  #pending = 0;

  constructor(
    readonly table: Table,
    readonly transactions: Transactions,
    /** `<queue's incarnation>.<this opening of the file>`: what leases begin with. */
    readonly life: string,
    readonly settledLeases: number,
  ) {
    const { count, bytes, nextPlace } = table.totals();
    const delayed = table.delayed();
    this.#bytes = bytes;
    this.#nextPlace = nextPlace;
    this.#line = new SqliteLine(
      table,
      nextPlace,
      count,
      delayed.map(({ place }) => place),
    );
    this.#ledger = this.#newLedger();
    for (const { place, attempts, due, size } of delayed) {
      this.#ledger.giveBack({ place, attempts, size, body: undefined, claims: 0, at: 0, lease: "", until: 0 }, due);
    }
  }

  /** Within a transaction; the message is available when that is committed. */
  append(body: Buffer): { apply: () => void; undo: () => void } {
    const place = this.#nextPlace++;
    this.#pending++;
    this.#bytes += body.length;
    this.table.insert(place, body);
    return {
      apply: () => {
        this.#pending--;
        this.#line.grow(1, place + 1);
      },
      undo: () => {
        this.#pending--;
        this.#bytes -= body.length;
      },
    };
  }

  async claim(max: number, now: number, until: number | undefined): Promise<Claim[]> {
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

  /** Within a transaction. `move` appends to another queue within the same. */
  settle(
    verdict: Verdict,
    now: number,
    move: (queue: string, body: Buffer) => void,
  ): { settled: Settled; undo: () => void } {
    const entry = this.#ledger.held(verdict.lease, now);
    if (entry === undefined) return this.#settleFromBefore(verdict);
    this.#ledger.end(entry);
    if (verdict.kind === "return") return this.#return(entry, verdict.at, verdict.counted);
    if (verdict.kind === "move") move(verdict.queue, verdict.body);
    this.table.delete(entry.place);
    this.#bytes -= entry.size;
    const undo = () => {
      this.#ledger.unend(entry);
      this.#bytes += entry.size;
    };
    return { settled: "done", undo };
  }

  extend(lease: string, now: number, until: number): boolean {
    const entry = this.#ledger.held(lease, now);
    if (entry !== undefined) this.#ledger.extend(entry, until);
    return entry !== undefined;
  }

  lapsed(now: number): { claims: Claim[]; next: number | undefined } {
    const { entries, next } = this.#ledger.lapsed(now);
    return { claims: entries.map((entry) => this.#claimOf(entry)), next };
  }

  dropOldest(max: number): number {
    const dropped: SqliteEntry[] = [];
    for (let entry = this.#ledger.shiftOldest(); entry !== undefined; entry = this.#ledger.shiftOldest()) {
      dropped.push(entry);
      if (dropped.length >= max) break;
    }
    // Whoever appends in this turn learns of a failure: it is the same transaction.
    this.#forget(dropped).catch(() => {});
    return dropped.length;
  }

  peek(max: number, now: number): Buffer[] {
    return this.#ledger.first(max, now).map((entry) => this.#bodyOf(entry));
  }

  async purge(): Promise<number> {
    const leased = [...this.#ledger.leased()];
    const purged = this.#line.size + this.#ledger.clear();
    const before = this.#line.visible;
    this.#line.clear();
    const write = () =>
      this.table.purge(
        before,
        leased.map(({ place }) => place),
      );
    await this.transactions.write(
      write,
      () => {},
      () => this.#reload(),
    );
    this.#bytes = this.table.totals().bytes;
    return purged;
  }

  stats(now: number): QueueStats {
    const stats = this.#ledger.stats(now);
    return { ...stats, ready: stats.ready + this.#pending, bytes: this.#bytes };
  }

  /** Whether rows were left that are neither here nor settled is what a restart would find; this does it without one. */
  #reload(): void {
    const { count, bytes } = this.table.totals();
    this.#bytes = bytes;
    const leased = [...this.#ledger.leased()].map(({ place }) => place);
    this.#line = new SqliteLine(this.table, this.#line.visible, count - this.#pending, leased);
    this.#ledger.replaceLine(this.#line);
  }

  #newLedger(): Ledger<SqliteEntry> {
    const nameLease = ({ place, claims }: SqliteEntry) => `${this.life}.${place.toString(36)}.${claims.toString(36)}`;
    return new Ledger(this.#line, new SettledLeases(this.settledLeases), nameLease);
  }

  #forget(entries: readonly SqliteEntry[]): Promise<void> {
    for (const { size } of entries) this.#bytes -= size;
    const write = () => entries.forEach(({ place }) => this.table.delete(place));
    const undo = () => {
      for (const entry of entries) {
        this.#bytes += entry.size;
        this.#ledger.giveBack(entry, 0);
      }
    };
    return this.transactions.write(write, () => {}, undo);
  }

  /** A count or a time that could not be written is forgotten at the next restart; the message is available all the same. */
  #return(entry: SqliteEntry, at: number, counted: boolean): { settled: Settled; undo: () => void } {
    if (counted) entry.attempts++;
    if (counted || at > 0) this.table.update(entry.place, entry.attempts, at);
    this.#ledger.giveBack(entry, at);
    return { settled: "done", undo: () => {} };
  }

  /** A lease from before the last restart may still be acknowledged while its message stands in line, untouched. */
  #settleFromBefore(verdict: Verdict): { settled: Settled; undo: () => void } {
    const settled = this.#ledger.absent(verdict.lease);
    const place = this.#placeFromBefore(verdict.lease);
    if (settled === "done" || verdict.kind !== "forget" || place === undefined) return { settled, undo: () => {} };
    const body = this.table.body(place);
    if (body === undefined || !this.#line.skip(place)) return { settled, undo: () => {} };
    this.table.delete(place);
    this.#bytes -= body.length;
    return { settled: "done", undo: () => this.#reload() };
  }

  #placeFromBefore(lease: string): number | undefined {
    const [incarnation, opening, place] = lease.split(".");
    const [ownIncarnation, ownOpening] = this.life.split(".");
    if (incarnation !== ownIncarnation || opening === ownOpening || place === undefined) return undefined;
    return Number.parseInt(place, 36);
  }

  #claimOf(entry: SqliteEntry): Claim {
    return { body: this.#bodyOf(entry), attempt: entry.attempts + 1, lease: entry.lease };
  }

  #bodyOf(entry: SqliteEntry): Buffer {
    const body = entry.body ?? this.table.body(entry.place);
    if (body === undefined) throw new Error(`message ${entry.place} of ${this.table.name} is not in the file`);
    return body;
  }
}
