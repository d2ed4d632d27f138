// A consumer that messages are written to one by one, each settled when it has left: one that could not leave goes back, uncounted.
import type { Broker } from "../broker/broker.js";
import type { BrokerQueue } from "../broker/queue.js";
import type { Delivery, Taker } from "../broker/takers.js";
import type { Shown } from "../engines/engine.js";
import { SECOND, type Timer } from "../model/clock.js";

/** Where the messages go. */
export interface Outlet {
  /** Writes one message; calls back once, in a later turn, whether it has left. When it has not, nothing more comes. */
  write(message: Shown, written: (left: boolean) => void): void;
  /** The reader has taken nothing for `liveStallSeconds` though a message is for it: nothing more comes. */
  stalled(): void;
  /** The queue was purged: nothing more comes. */
  purged(): void;
}

export class LiveConsumer {
  #queue: BrokerQueue | undefined;
  #taker: Taker | undefined;
  #cancelWaiting: () => void = () => {};
  /** What is being written. */
  #held: Delivery | undefined;
  #patience: Timer | undefined;
  #closed = false;

  constructor(
    readonly broker: Broker,
    readonly name: string,
    readonly outlet: Outlet,
  ) {
    const queue = broker.queues.find(name);
    if (queue === undefined) this.#waitForQueue();
    else this.#attach(queue);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const [queue, held] = [this.#queue, this.#held];
    if (this.#end() && queue !== undefined && held !== undefined) await queue.giveBack([held]);
  }

  /** What is on its way belongs to what is purged. */
  async purge(): Promise<void> {
    const [queue, held] = [this.#queue, this.#held];
    if (!this.#end()) return;
    this.outlet.purged();
    if (queue !== undefined && held !== undefined) await queue.settle([{ lease: held.lease, verb: "ack" }]);
  }

  /** False when it had ended before. */
  #end(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#cancelWaiting();
    this.#patience?.cancel();
    if (this.#taker !== undefined) this.#queue?.detach(this.#taker);
    return true;
  }

  /** A consumer makes no queue; it waits for the first message. */
  #waitForQueue(): void {
    this.#queue = undefined;
    this.#cancelWaiting = this.broker.queues.whenMade(this.name, (queue) => {
      this.#cancelWaiting();
      if (!this.#closed) this.#attach(queue);
    });
  }

  #attach(queue: BrokerQueue): void {
    this.#queue = queue;
    this.#taker = {
      // It never runs out: who holds a message for that long is ended.
      lease: Math.max(queue.options.lease, 2 * this.broker.limits.liveStallSeconds * SECOND),
      pushed: true,
      want: () => (this.#held === undefined && !this.#closed ? 1 : 0),
      give: ([delivery]) => this.#give(queue, delivery!),
      gone: () => !this.#closed && this.#waitForQueue(),
    };
    queue.attach(this.#taker);
  }

  #give(queue: BrokerQueue, delivery: Delivery): void {
    this.#held = delivery;
    const patience = this.broker.limits.liveStallSeconds * SECOND;
    this.#patience = this.broker.clock.after(patience, () => this.outlet.stalled());
    this.outlet.write(delivery, (left) => this.#written(queue, delivery, left));
  }

  #written(queue: BrokerQueue, delivery: Delivery, left: boolean): void {
    if (this.#closed) return;
    if (!left) return void this.close().catch(this.broker.report);
    this.#patience?.cancel();
    queue.settle([{ lease: delivery.lease, verb: "ack" }]).catch(this.broker.report);
    // In another turn, so that each message is a write of its own to the connection.
    setImmediate(() => {
      this.#held = undefined;
      queue.wake();
    });
  }
}
