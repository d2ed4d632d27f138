// Who holds which message of a local queue, and until when.
import type { Clock, Timer } from "./clock.js";
import type { Entry } from "./entry.js";
import { randomText } from "./message-id.js";

/** Settled leases that are remembered, so that settling twice is harmless. */
const SETTLED_AT_MOST = 10_000;

interface Lease {
  readonly entry: Entry;
  timer: Timer;
}

export class LeaseBook {
  private readonly leases = new Map<string, Lease>();
  private readonly settled = new Set<string>();

  /** @param expired is called with what was not settled in time. */
  constructor(
    private readonly clock: Clock,
    private readonly expired: (entry: Entry) => void,
  ) {}

  get size(): number {
    return this.leases.size;
  }

  lease(entry: Entry, seconds: number): { leaseId: string; deadline: Date } {
    const leaseId = randomText(20);
    this.leases.set(leaseId, { entry, timer: this.timer(leaseId, seconds) });
    return { leaseId, deadline: this.inSeconds(seconds) };
  }

  /** Ends a lease and gives its entry; "before" = it was settled before, undefined = it is lost. */
  settle(leaseId: string): Entry | "before" | undefined {
    if (this.settled.has(leaseId)) return "before";
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return undefined;
    lease.timer.stop();
    this.leases.delete(leaseId);
    this.remember(leaseId);
    return lease.entry;
  }

  /** Undefined = it is lost. */
  extend(leaseId: string, seconds: number): Date | undefined {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return undefined;
    lease.timer.stop();
    lease.timer = this.timer(leaseId, seconds);
    return this.inSeconds(seconds);
  }

  /** Ends the leases of some, which are given back. */
  forget(whose: (entry: Entry) => boolean): Entry[] {
    const gone = [...this.leases].filter(([, { entry }]) => whose(entry));
    for (const [leaseId, { timer }] of gone) {
      timer.stop();
      this.leases.delete(leaseId);
    }
    return gone.map(([, { entry }]) => entry);
  }

  clear(): void {
    for (const { timer } of this.leases.values()) timer.stop();
    this.leases.clear();
  }

  private timer(leaseId: string, seconds: number): Timer {
    return this.clock.after(seconds, () => {
      const { entry } = this.leases.get(leaseId)!;
      this.leases.delete(leaseId);
      this.expired(entry);
    });
  }

  private inSeconds(seconds: number): Date {
    return new Date(this.clock.wall() + seconds * 1000);
  }

  private remember(leaseId: string): void {
    if (this.settled.size >= SETTLED_AT_MOST) this.settled.delete(this.settled.values().next().value!);
    this.settled.add(leaseId);
  }
}
