// Deliveries as they are pushed, whatever carries them: verdicts gathered for each turn, outcomes matched in order.
import { type BerryMQError, Closed } from "../errors.js";
import { Fifo } from "../fifo.js";
import { soon } from "../soon.js";
import type { Consumer, Handed, Verdict } from "./queue-calls.js";

/** A verdict on its way. */
export interface Settling {
  readonly leaseId: string;
  readonly verdict: Verdict;
}

/** The stream below. */
export interface ConsumeLine {
  send(settlements: readonly Settling[], credit: number): void;
  /** Nothing more will be sent; outcomes still come. */
  finish(): void;
  /** Ends it at once. */
  cancel(): void;
}

/** What became of a verdict. */
export interface Settled {
  /** It gave the message up. */
  readonly dead: boolean;
  /** Undefined = it was carried out. */
  readonly error: BerryMQError | undefined;
}

interface Pending {
  resolve(dead: boolean): void;
  reject(error: unknown): void;
}

export class PushedDeliveries implements Consumer {
  private readonly waiting = new Fifo<Handed>();
  private readonly pending = new Fifo<Pending>();
  private settlements: Settling[] = [];
  private credit = 0;
  private scheduled = false;
  private closing = false;
  private readonly ending = new AbortController();
  readonly over: AbortSignal = this.ending.signal;
  private failure: unknown;
  private wake: () => void = () => {};
  private line: ConsumeLine | undefined;

  constructor(private readonly gone: () => void) {}

  /** Before anything else. */
  attach(line: ConsumeLine): void {
    this.line = line;
  }

  grant(credit: number): void {
    this.credit += credit;
    this.schedule();
  }

  settle(leaseId: string, verdict: Verdict): Promise<boolean> {
    if (this.over.aborted) return Promise.reject(ended());
    this.settlements.push({ leaseId, verdict });
    this.schedule();
    return new Promise((resolve, reject) => this.pending.push({ resolve, reject }));
  }

  /** What was settled is still sent and answered; what was not goes back to the queue. */
  close(): void {
    this.flush();
    this.closing = true;
    this.line?.finish();
    this.leave();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Handed> {
    try {
      while (true) {
        while (this.waiting.length > 0) yield this.waiting.shift()!;
        if (this.failure !== undefined) throw this.failure;
        if (this.over.aborted) return;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      this.close();
    }
  }

  take(delivery: Handed): void {
    this.waiting.push(delivery);
    this.wake();
  }

  /** In the order of the verdicts. */
  takeOutcomes(outcomes: readonly Settled[]): void {
    for (const { dead, error } of outcomes) {
      const asked = this.pending.shift();
      if (error) asked?.reject(error);
      else asked?.resolve(dead);
    }
    if (this.closing) this.leave();
  }

  /** The stream is over; undefined = in peace. */
  ended(error: BerryMQError | undefined): void {
    if (this.over.aborted) return;
    this.ending.abort();
    this.failure = error;
    while (this.pending.length > 0) this.pending.shift()!.reject(error ?? ended());
    this.gone();
    this.wake();
  }

  private leave(): void {
    if (this.pending.length > 0 || this.over.aborted) return;
    this.line?.cancel();
    this.ended(undefined);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    soon(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const { settlements, credit } = this;
    if (this.over.aborted || (settlements.length === 0 && credit === 0)) return;
    this.settlements = [];
    this.credit = 0;
    this.line?.send(settlements, credit);
  }
}

function ended(): Closed {
  return new Closed("the stream of this delivery has ended; the queue has it back");
}
