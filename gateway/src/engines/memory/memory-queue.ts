// One queue in memory.
import { randomBytes } from "node:crypto";
import { Fifo } from "../../model/fifo.js";
import { CLAIM_BYTES, type Claim, type QueueStats, type Settled, type Verdict } from "../engine.js";
import { type Entry, Ledger } from "../ledger.js";
import { SettledLeases } from "../settled-leases.js";

interface MemoryEntry extends Entry {
  readonly body: Buffer;
}

export class MemoryQueue {
  readonly #line = new Fifo<MemoryEntry>();
  readonly #ledger: Ledger<MemoryEntry>;
  /** Keeps the leases of a deleted queue from fitting a new one of the same name. */
  readonly #incarnation = randomBytes(5).toString("hex");
  #nextPlace = 0;
  #bytes = 0;

  constructor(settledLeases: number) {
    const nameLease = ({ place, claims }: Entry) => `${this.#incarnation}.${place.toString(36)}.${claims.toString(36)}`;
    this.#ledger = new Ledger(this.#line, new SettledLeases(settledLeases), nameLease);
  }

  append(body: Buffer): void {
    const { length: size } = body;
    this.#bytes += size;
    this.#line.push({ place: this.#nextPlace++, size, body, attempts: 0, claims: 0, at: 0, lease: "", until: 0 });
  }

  claim(max: number, now: number, until: number | undefined): Claim[] {
    const entries = this.#ledger.take(max, CLAIM_BYTES, now);
    for (const entry of entries) {
      if (until === undefined) this.#bytes -= entry.size;
      else this.#ledger.lease(entry, until);
    }
    return entries.map(claimOf);
  }

  held(lease: string, now: number): Claim | undefined {
    const entry = this.#ledger.held(lease, now);
    return entry && claimOf(entry);
  }

  settle(verdict: Verdict, now: number, move: (queue: string, body: Buffer) => void): Settled {
    const entry = this.#ledger.held(verdict.lease, now);
    if (entry === undefined) return this.#ledger.absent(verdict.lease);
    this.#ledger.end(entry);
    if (verdict.kind === "return") {
      if (verdict.counted) entry.attempts++;
      this.#ledger.giveBack(entry, verdict.at);
    } else this.#bytes -= entry.size;
    if (verdict.kind === "move") move(verdict.queue, verdict.body);
    return "done";
  }

  extend(lease: string, now: number, until: number): boolean {
    const entry = this.#ledger.held(lease, now);
    if (entry !== undefined) this.#ledger.extend(entry, until);
    return entry !== undefined;
  }

  lapsed(now: number): { claims: Claim[]; next: number | undefined } {
    const { entries, next } = this.#ledger.lapsed(now);
    return { claims: entries.map(claimOf), next };
  }

  dropOldest(max: number): number {
    let dropped = 0;
    for (; dropped < max; dropped++) {
      const entry = this.#ledger.shiftOldest();
      if (entry === undefined) break;
      this.#bytes -= entry.size;
    }
    return dropped;
  }

  peek(max: number, now: number): Buffer[] {
    return this.#ledger.first(max, now).map(({ body }) => body);
  }

  purge(): number {
    const purged = this.#line.size + this.#ledger.clear();
    this.#line.clear();
    this.#bytes = 0;
    for (const entry of this.#ledger.leased()) this.#bytes += entry.size;
    return purged;
  }

  stats(now: number): QueueStats {
    return { ...this.#ledger.stats(now), bytes: this.#bytes };
  }
}

function claimOf({ body, attempts, lease }: MemoryEntry): Claim {
  return { body, attempt: attempts + 1, lease };
}
