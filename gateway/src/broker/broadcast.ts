// Policy `broadcast`: one leased message in many hands at once. Each hand has a copy of the delivery with a lease name of its own; the message
// is settled when the last of them has settled or gone, as acknowledged if one of them acknowledged it.
import type { Settlement } from "./settling.js";
import type { Delivery, Taker } from "./takers.js";

const SEPARATOR = "~";

interface Hands {
  /** Who has which copy. */
  readonly copies: Map<string, Taker>;
  acknowledged: boolean;
}

export class Broadcast {
  /** By the message's own lease. */
  #inHands = new Map<string, Hands>();
  /** How many copies each taker has. */
  #busy = new Map<Taker, number>();
  /** Until when each is waited for, though it has settled all: giving credit may take it another call. */
  readonly #served = new WeakMap<Taker, number>();

  /** Whether it works on something, so that it is to be waited for; who does not, and wants nothing, is passed over. */
  busy(taker: Taker, now: number): boolean {
    return this.#busy.has(taker) || (this.#served.get(taker) ?? 0) > now;
  }

  /** It was handed something under a lease until then. */
  served(taker: Taker, until: number): void {
    this.#served.set(taker, until);
  }

  /** Gives every taker a copy. Tells the settlement of a message that nobody is left to settle. */
  give(delivery: Delivery, takers: readonly Taker[]): Settlement | undefined {
    const hands: Hands = { copies: new Map(), acknowledged: false };
    takers.forEach((taker, index) => {
      const lease = taker.lease === undefined ? "" : `${delivery.lease}${SEPARATOR}${index}`;
      if (lease === "") hands.acknowledged = true;
      else this.#hand(hands, lease, taker);
      this.served(taker, delivery.until);
      taker.give([{ ...delivery, lease }]);
    });
    if (hands.copies.size === 0) return { lease: delivery.lease, verb: "ack" };
    this.#inHands.set(delivery.lease, hands);
    return undefined;
  }

  /** What a verdict on a copy comes to for the message; undefined = others hold it still. A lease that is no copy is handed through. */
  settle(settlement: Settlement): Settlement | undefined {
    const lease = leaseOf(settlement.lease);
    const hands = this.#inHands.get(lease);
    if (hands === undefined) return { ...settlement, lease };
    this.#take(hands, settlement.lease);
    hands.acknowledged ||= settlement.verb === "ack";
    if (hands.copies.size > 0) return undefined;
    this.#inHands.delete(lease);
    return hands.acknowledged ? { lease, verb: "ack" } : { ...settlement, lease };
  }

  /** The message is out of all hands: its lease ran out. */
  forget(lease: string): void {
    const hands = this.#inHands.get(lease);
    for (const copy of hands?.copies.keys() ?? []) this.#take(hands!, copy);
    this.#inHands.delete(lease);
  }

  #hand(hands: Hands, copy: string, taker: Taker): void {
    hands.copies.set(copy, taker);
    this.#busy.set(taker, (this.#busy.get(taker) ?? 0) + 1);
  }

  #take(hands: Hands, copy: string): void {
    const taker = hands.copies.get(copy);
    if (taker === undefined) return;
    hands.copies.delete(copy);
    const left = this.#busy.get(taker)! - 1;
    if (left === 0) this.#busy.delete(taker);
    else this.#busy.set(taker, left);
  }
}

/** The message's own lease behind the lease of a copy. */
export function leaseOf(lease: string): string {
  const at = lease.indexOf(SEPARATOR);
  return at < 0 ? lease : lease.slice(0, at);
}
