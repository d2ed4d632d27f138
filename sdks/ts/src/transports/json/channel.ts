// What speaking JSON to a gateway needs of whatever carries it (docs/json.md): calls with one answer, and subscriptions.
import type { BerryMQError } from "../../errors.js";

/** A request's fields under their names in the contract; undefined = absent. */
export type Fields = { readonly [name: string]: unknown };

/** What came. Its numbers are times and counts, which JavaScript's hold exactly. */
// biome-ignore lint/suspicious/noExplicitAny: docs/json.md says what is where; what is not there is absent
export type Params = any;

export interface Channel {
  /** @param signal gives it up, where the channel can. @throws BerryMQError as the gateway refused; the signal's reason */
  call(method: string, params: Fields, signal?: AbortSignal): Promise<Params>;
  /** The same for calls that must arrive one after the other. After one that failed all others fail. */
  callInOrder(method: string, params: Fields): Promise<Params>;
  /** @param kind `follow` or `consume`. @param opening params of its first request */
  subscribe(kind: string, opening: Fields, listener: Listener): Subscription;
  /** Ends everything at once. Idempotent. */
  close(): void;
}

export interface Subscription {
  /** A later request. A refusal ends the subscription. */
  update(params: Fields): void;
  /** The listener hears nothing more. */
  end(): void;
}

export interface Listener {
  /** @param event last part of the notification's name, such as `message` */
  heard(event: string, params: Params): void;
  /** Called once; undefined = in peace. */
  ended(error: BerryMQError | undefined): void;
}
