// The subscriptions of all JSON doors by their random names, so that a call by any way reaches one that events leave by another.
import { Refusal } from "../../model/errors.js";
import type { Subscription } from "./subscription.js";

export class Subscriptions {
  readonly #open = new Map<string, Subscription>();

  add(subscription: Subscription): void {
    this.#open.set(subscription.id, subscription);
  }

  delete(subscription: Subscription): void {
    this.#open.delete(subscription.id);
  }

  find(id: unknown): Subscription | undefined {
    return typeof id === "string" ? this.#open.get(id) : undefined;
  }

  /** @param stream the stream's name, such as `follow` @throws Refusal INVALID_ARGUMENT */
  get(id: unknown, stream: string): Subscription {
    const found = this.find(id);
    if (found?.stream.name === stream) return found;
    const shown = typeof id === "string" ? JSON.stringify(id.slice(0, 64)) : typeof id;
    throw new Refusal("INVALID_ARGUMENT", `subscription: ${shown} is none of ${stream}, or it has ended; open another`);
  }
}
