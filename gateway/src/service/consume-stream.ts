// One consumer's stream of pushed deliveries: takes as many as it has credit for, and gives back what it leaves unsettled.
import type { Broker } from "../broker/broker.js";
import type { BrokerQueue } from "../broker/queue.js";
import type { Delivery, Taker } from "../broker/takers.js";
import type { Outcome } from "../gen/berrymq/v1/queue.js";
import type { ConsumeRequest } from "../gen/berrymq/v1/queue_service.js";
import { DEFAULT_CREDIT } from "../limits.js";
import { Refusal } from "../model/errors.js";
import type { Caller } from "./caller.js";
import { readLease, settleAll } from "./settlement.js";

export class ConsumeStream {
  /** Called with deliveries; the transport hands them on. */
  onDeliveries: (deliveries: readonly Delivery[]) => void = () => {};
  /** Called when the queue is gone. */
  onGone: (refusal: Refusal) => void = () => {};
  #queue: BrokerQueue | undefined;
  #taker: Taker | undefined;
  #credit = 0;
  /** Give one credit for each settlement, for consumers that count none. */
  #renewing = false;
  /** The transport's buffer is full: nothing is taken meanwhile. */
  #congested = false;
  #outstanding = new Map<string, Delivery>();
  #closed = false;

  constructor(
    readonly broker: Broker,
    readonly caller: Caller,
  ) {}

  /** Opens with the first request; gives credit and settles with each. @throws Refusal that ends the stream */
  async apply(request: ConsumeRequest): Promise<Outcome[]> {
    const queue = this.#queue ?? this.#open(request);
    // Verdicts and the credit that comes with them are one step: what settling makes available finds the consumer ready.
    this.#credit += (request.credit ?? 0) + (this.#renewing ? request.settlements.length : 0);
    const outcomes = request.settlements.length > 0 ? await settleAll(queue, request.settlements) : [];
    for (const { leaseId } of outcomes) this.#outstanding.delete(leaseId);
    if (this.#credit > 0) queue.wake();
    return outcomes;
  }

  /** The transport tells when its buffer is full and when it is not any more. */
  set congested(congested: boolean) {
    this.#congested = congested;
    if (!congested) this.#queue?.wake();
  }

  /** Idempotent. Whatever is not settled is released. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#queue === undefined || this.#taker === undefined) return;
    this.#queue.detach(this.#taker);
    const left = [...this.#outstanding.values()];
    this.#outstanding.clear();
    await this.#queue.giveBack(left);
    await this.broker.mailboxes.left(this.#queue);
  }

  #open(request: ConsumeRequest): BrokerQueue {
    if (request.queue === "") throw new Refusal("INVALID_ARGUMENT", "queue: the first request has to name it");
    this.broker.mailboxes.checkOwner(request.queue, this.caller.ident);
    const queue = this.broker.mailboxes.open(request.queue) ?? this.broker.queues.get(request.queue);
    this.#takeOver(queue);
    const lease = readLease(queue, request.lease, request.autoAck);
    this.#renewing = request.credit === undefined;
    if (this.#renewing) this.#credit = DEFAULT_CREDIT;
    this.#queue = queue;
    this.#taker = {
      lease,
      pushed: true,
      want: () => (this.#congested ? 0 : this.#credit),
      give: (deliveries) => this.#give(deliveries, lease !== undefined),
      gone: (refusal) => this.onGone(refusal),
    };
    queue.attach(this.#taker);
    return queue;
  }

  /** A mailbox has one consumer: the newest program of its ident, so that one that crashed never locks its successor out. */
  #takeOver(queue: BrokerQueue): void {
    if (!this.broker.mailboxes.isMailbox(queue.name)) return;
    const { ident } = this.caller;
    queue.dismissConsumers(
      new Refusal("TAKEN_OVER", `a newer program of the ident "${ident}" has taken this mailbox over`),
    );
  }

  #give(deliveries: Delivery[], leased: boolean): void {
    this.#credit -= deliveries.length;
    if (leased) for (const delivery of deliveries) this.#outstanding.set(delivery.lease, delivery);
    else if (this.#renewing) this.#credit += deliveries.length;
    this.onDeliveries(deliveries);
  }
}
