// From an identifier's bytes to the followers and queues it reaches, remembered until somebody follows or unfollows.
import type { Limits } from "../limits.js";
import { Refusal } from "../model/errors.js";
import { type Identifier, readTarget } from "../model/identifier.js";
import type { Asks } from "./asks.js";
import type { Follower } from "./follower.js";
import { PatternIndex } from "./pattern-index.js";
import type { BrokerQueue } from "./queue.js";
import type { Receiver } from "./receiver.js";

/** Whom a message reaches, or why it is refused. */
export interface Route {
  readonly followers: readonly Receiver[];
  readonly queues: readonly BrokerQueue[];
  readonly refusal: Refusal | undefined;
}

export class Router {
  readonly #followers = new PatternIndex<Follower>();
  readonly #queues = new PatternIndex<BrokerQueue>();
  #routes = new Map<string, Route>();

  constructor(
    readonly asks: Asks,
    readonly limits: Pick<Limits, "routes">,
  ) {}

  addFollower(pattern: Identifier, follower: Follower): void {
    this.#followers.add(pattern, follower);
    this.#forget();
  }

  removeFollower(pattern: Identifier, follower: Follower): void {
    this.#followers.remove(pattern, follower);
    this.#forget();
  }

  addQueue(queue: BrokerQueue): void {
    for (const pattern of queue.options.patterns) this.#queues.add(pattern, queue);
    this.#forget();
  }

  removeQueue(queue: BrokerQueue): void {
    for (const pattern of queue.options.patterns) this.#queues.remove(pattern, queue);
    this.#forget();
  }

  /** The route of an identifier that a client published to, given as latin1 text: a character for each byte. */
  route(key: string): Route {
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const inbox = this.asks.find(key);
    if (inbox !== undefined) return { followers: [inbox], queues: [], refusal: undefined };
    const route = this.#find(key);
    if (this.#routes.size >= this.limits.routes) this.#forget();
    this.#routes.set(key, route);
    return route;
  }

  /** The route of an identifier, the system's own too. */
  find(identifier: Identifier): Route {
    return {
      followers: [...this.#followers.find(identifier)],
      queues: [...this.#queues.find(identifier)],
      refusal: undefined,
    };
  }

  #find(key: string): Route {
    try {
      return this.find(readTarget(utf8Of(key)));
    } catch (error) {
      if (error instanceof Refusal) return { followers: [], queues: [], refusal: error };
      throw error;
    }
  }

  #forget(): void {
    if (this.#routes.size > 0) this.#routes = new Map();
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8Of(key: string): string {
  try {
    return decoder.decode(Buffer.from(key, "latin1"));
  } catch {
    throw new Refusal("INVALID_IDENTIFIER", "the identifier is not UTF-8");
  }
}
