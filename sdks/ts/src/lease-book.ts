// Who holds which message of a local queue, and until when.
import type { Entry } from "./local-queue.js";
import { randomText } from "./message-id.js";

/** Settled leases that are remembered, so that settling twice is harmless. */
const SETTLED_AT_MOST = 10_000;

interface Lease {
  readonly entry: Entry;
  timer: ReturnType<typeof setTimeout>;
}

export class LeaseBook {
  private readonly leases = new Map<string, Lease>();
  private readonly settled = new Set<string>();

  /** @param expired is called with what was not settled in time. */
  constructor(private readonly expired: (entry: Entry) => void) {}

  get size(): number {
    return this.leases.size;
  }

  lease(entry: Entry, seconds: number): { leaseId: string; deadline: Date } {
    const leaseId = randomText(20);
    this.leases.set(leaseId, { entry, timer: this.timer(leaseId, seconds) });
    return { leaseId, deadline: inSeconds(seconds) };
  }

  /** Ends a lease and gives its entry; "before" = it was settled before, undefined = it is lost. */
  settle(leaseId: string): Entry | "before" | undefined {
    if (this.settled.has(leaseId)) return "before";
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return undefined;
    clearTimeout(lease.timer);
    this.leases.delete(leaseId);
    this.remember(leaseId);
    return lease.entry;
  }

  /** Undefined = it is lost. */
  extend(leaseId: string, seconds: number): Date | undefined {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return undefined;
    clearTimeout(lease.timer);
    lease.timer = this.timer(leaseId, seconds);
    return inSeconds(seconds);
  }

  clear(): void {
    for (const { timer } of this.leases.values()) clearTimeout(timer);
    this.leases.clear();
  }

  private timer(leaseId: string, seconds: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      const { entry } = this.leases.get(leaseId)!;
      this.leases.delete(leaseId);
      this.expired(entry);
    }, seconds * 1000);
  }

  private remember(leaseId: string): void {
    if (this.settled.size >= SETTLED_AT_MOST) this.settled.delete(this.settled.values().next().value!);
    this.settled.add(leaseId);
  }
}

function inSeconds(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
