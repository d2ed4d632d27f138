// Deliveries of a local queue, pushed within the consumer's credit.
import { Fifo } from "./fifo.js";
import type { LocalQueue } from "./local-queue.js";
import type { Takers } from "./takers.js";
import type { Consumer, Handed, Verdict } from "./transports/queue-calls.js";

export class LocalConsumer implements Consumer {
  private readonly waiting = new Fifo<Handed>();
  private readonly unsettled = new Set<string>();
  private readonly taker;
  private readonly ending = new AbortController();
  readonly over: AbortSignal = this.ending.signal;
  private closed = false;
  private failure: unknown;
  private wake: () => void = () => {};

  constructor(
    private readonly queue: LocalQueue,
    private readonly takers: Takers,
    private credit: number,
    autoAck: boolean,
  ) {
    this.taker = {
      want: () => this.credit,
      autoAck,
      give: (handed: Handed[]) => this.give(handed),
      end: (error: unknown) => this.end(error),
    };
    takers.add(this.taker);
  }

  grant(credit: number): void {
    this.credit += credit;
    this.takers.serve();
  }

  async settle(leaseId: string, verdict: Verdict): Promise<boolean> {
    this.unsettled.delete(leaseId);
    return this.queue.settle(leaseId, verdict);
  }

  /** What is unsettled goes back to the queue. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.takers.remove(this.taker);
    this.ending.abort();
    for (const leaseId of this.unsettled) void this.queue.settle(leaseId, { verb: "release" }).catch(() => {});
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Handed> {
    try {
      while (!this.closed) {
        while (this.waiting.length > 0) yield this.waiting.shift()!;
        if (this.failure !== undefined) throw this.failure;
        if (this.closed) return;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      this.close();
    }
  }

  private end(error: unknown): void {
    this.failure = error;
    this.ending.abort();
    this.wake();
  }

  private give(handed: Handed[]): void {
    for (const each of handed) {
      this.credit--;
      if (each.leaseId !== "") this.unsettled.add(each.leaseId);
      this.waiting.push(each);
    }
    this.wake();
  }
}
