// The connections of berryMQ 0.3 programs, by token. One that is silent for longer than its ttl ends: its token is answered `"timeout"` once,
// and `"invalid token"` from then on.
import { type Clock, SECOND, type Timer } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";

/** What a connection keeps at the gateway. */
export interface Holding {
  /** Session of what it publishes. */
  readonly session: string;
  /** The queue that it pulls from. */
  readonly queue?: string;
  /** `host:port` that is called back. */
  readonly target?: string;
  /** Lets go of it. Called once. */
  end(): void;
}

export type NoToken = "invalid token" | "timeout";

interface Connection {
  readonly holding: Holding;
  /** Microseconds. */
  readonly ttl: number;
  /** Calls under way: who waits for an answer is not silent. */
  calls: number;
  /** When it was heard last, by `clock.now()`. */
  heard: number;
  timer: Timer | undefined;
}

/** Pieces of waiting: a timer counts no more than 24 days. */
const LONGEST_LOOK = 86_400 * SECOND;

export class Connections {
  readonly #open = new Map<string, Connection>();
  /** Tokens whose programs are still to be told. */
  readonly #timedOut = new Set<string>();

  constructor(
    readonly clock: Clock,
    readonly most: number,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  /** @throws Refusal LIMIT_REACHED */
  checkRoom(): void {
    if (this.#open.size < this.most) return;
    throw new Refusal("LIMIT_REACHED", `${this.most} connections of berryMQ 0.3 stand, which is the limit; close one`);
  }

  has(token: string): boolean {
    return this.#open.has(token);
  }

  /** The session of those that are called back at the same address: they are one program, which hears nothing of what it said itself. */
  sessionOf(target: string): string | undefined {
    for (const { holding } of this.#open.values()) if (holding.target === target) return holding.session;
    return undefined;
  }

  /** @throws Refusal LIMIT_REACHED */
  add(token: string, ttl: number, holding: Holding): void {
    this.checkRoom();
    this.#timedOut.delete(token);
    const connection: Connection = { holding, ttl, calls: 0, heard: this.clock.now(), timer: undefined };
    this.#open.set(token, connection);
    this.#watch(token, connection);
  }

  /** Carries a call of the connection out; the call is told its ttl, in microseconds. */
  async use<T>(token: string, call: (holding: Holding, ttl: number) => T | Promise<T>): Promise<T | NoToken> {
    const connection = this.#open.get(token);
    if (connection === undefined) return this.#timedOut.delete(token) ? "timeout" : "invalid token";
    connection.calls++;
    try {
      return await call(connection.holding, connection.ttl);
    } finally {
      connection.calls--;
      connection.heard = this.clock.now();
    }
  }

  /** It was heard in another way than by a call. */
  heard(token: string): void {
    const connection = this.#open.get(token);
    if (connection !== undefined) connection.heard = this.clock.now();
  }

  /** Ends a connection. Idempotent. */
  remove(token: string): void {
    const connection = this.#open.get(token);
    if (connection === undefined) return;
    this.#open.delete(token);
    connection.timer?.cancel();
    connection.holding.end();
  }

  close(): void {
    for (const token of [...this.#open.keys()]) this.remove(token);
  }

  #watch(token: string, connection: Connection): void {
    const silent = connection.calls > 0 ? 0 : this.clock.now() - connection.heard;
    if (silent >= connection.ttl) return this.#timeOut(token);
    const look = Math.min(connection.ttl - silent, LONGEST_LOOK);
    connection.timer = this.clock.after(look, () => this.#watch(token, connection));
  }

  #timeOut(token: string): void {
    this.remove(token);
    this.#timedOut.add(token);
    if (this.#timedOut.size <= this.most) return;
    const [oldest] = this.#timedOut;
    this.#timedOut.delete(oldest!);
  }
}
