// One Consume stream: deliveries pushed within the credit, verdicts gathered for each turn, outcomes matched in order.
import { Closed } from "../../errors.js";
import { Fifo } from "../../fifo.js";
import type { Settlement } from "../../gen/berrymq/v1/queue.js";
import { ConsumeRequest, ConsumeResponse } from "../../gen/berrymq/v1/queue_service.js";
import { Cursor } from "../../wire/cursor.js";
import type { Consumer, Handed, Verdict } from "../queue-calls.js";
import { type Duplex, whenEnded } from "./calls.js";
import { readDeliveries } from "./deliveries.js";
import { toSettlement } from "./settlement.js";
import { fromWire } from "./status.js";

interface Pending {
  resolve(): void;
  reject(error: unknown): void;
}

export class GrpcConsumer implements Consumer {
  private readonly waiting = new Fifo<Handed>();
  private readonly pending = new Fifo<Pending>();
  private settlements: Settlement[] = [];
  private credit = 0;
  private scheduled = false;
  private closing = false;
  private readonly ending = new AbortController();
  readonly over: AbortSignal = this.ending.signal;
  private failure: unknown;
  private wake: () => void = () => {};

  constructor(
    private readonly stream: Duplex,
    opening: { queue: string; credit: number; autoAck: boolean },
    private readonly gone: () => void,
  ) {
    stream.on("data", (bytes: Buffer) => this.take(bytes));
    whenEnded(stream, (error) => this.ended(error));
    this.send(ConsumeRequest.create(opening));
  }

  grant(credit: number): void {
    this.credit += credit;
    this.schedule();
  }

  settle(leaseId: string, verdict: Verdict): Promise<void> {
    if (this.over.aborted)
      return Promise.reject(new Closed("the stream of this delivery has ended; the queue has it back"));
    this.settlements.push(toSettlement(leaseId, verdict));
    this.schedule();
    return new Promise((resolve, reject) => this.pending.push({ resolve, reject }));
  }

  /** What was settled is still sent and answered; what was not goes back to the queue. */
  close(): void {
    this.flush();
    this.closing = true;
    this.stream.end();
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

  private take(bytes: Buffer): void {
    for (const delivery of readDeliveries(bytes)) this.waiting.push(delivery);
    if (holdsMore(bytes)) this.takeOutcomes(ConsumeResponse.decode(bytes));
    this.wake();
  }

  private takeOutcomes({ outcomes, drain }: ConsumeResponse): void {
    for (const { error } of outcomes) {
      const asked = this.pending.shift();
      if (error) asked?.reject(fromWire(error));
      else asked?.resolve();
    }
    if (drain) this.ended(undefined);
    if (this.closing) this.leave();
  }

  private leave(): void {
    if (this.pending.length > 0 || this.over.aborted) return;
    this.stream.cancel();
    this.ended(undefined);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const { settlements, credit } = this;
    if (this.over.aborted || (settlements.length === 0 && credit === 0)) return;
    this.settlements = [];
    this.credit = 0;
    this.send(ConsumeRequest.create({ settlements, credit }));
  }

  private send(request: ConsumeRequest): void {
    this.stream.write(Buffer.from(ConsumeRequest.encode(request).finish()));
  }

  private ended(error: unknown): void {
    if (this.over.aborted) return;
    this.ending.abort();
    this.failure = error;
    while (this.pending.length > 0) {
      this.pending.shift()!.reject(error ?? new Closed("the stream of this delivery has ended; the queue has it back"));
    }
    this.gone();
    this.wake();
  }
}

/** Whether a response holds anything but deliveries, which were read already. */
function holdsMore(bytes: Buffer): boolean {
  const cursor = new Cursor().over(bytes, 0, bytes.length);
  while (cursor.next()) if (cursor.field !== 1) return true;
  return false;
}
