// Calls those whom a message reaches, in order of registration; what one of them throws disturbs nobody.

import type { Followers, HandlerFollower } from "./follower.js";
import { from, type Message, type Origin } from "./message.js";
import { isThenable, Pool } from "./pool.js";
import type { AnyHandler } from "./target.js";
import type { Stand } from "./trial.js";

/** Told of every error that has no caller. `handler` is whose it was, if one's. */
export type ErrorCallback = (error: unknown, message?: Message, handler?: AnyHandler) => void;

/** Whom a message reached in this process. */
export interface Reach {
  readonly followers: number;
  readonly queues: number;
}

/** Where the results of handlers go, when somebody wants them. */
export interface Answering {
  /** Told first, and once: so many handlers' guards agreed. */
  begin(of: number): void;
  /** Handler `number` (from 1) returned. */
  returned(number: number, value: unknown): void;
  /** Handler `number` threw. */
  threw(number: number, error: unknown): void;
  /** Whether the time of the message passed before handler `number` had its turn: it is not called then. Absent = it has none. */
  late?(number: number): boolean;
}

const NOBODY: Reach = { followers: 0, queues: 0 };

/** Hears of each step of each message. */
export type Witness = (step: "send" | "forward" | "receive", message: Message) => void;

export class Dispatcher {
  readonly pool = new Pool();
  witness: Witness | undefined;
  /** Promises of handlers that are open, and who waits for their end. */
  private open = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly followers: Followers,
    private readonly report: ErrorCallback,
    private readonly origin: Origin,
    private readonly stand: Stand,
  ) {}

  /** @throws QueueFull when a queue of this process refuses; then nobody got it. */
  admit(message: Message): void {
    if (this.followers.listeners.size === 0) return;
    for (const each of this.followers.match(message.identifier)) if (each.listens) each.admit(message);
  }

  /** @param foreign it came from another process: followers of local names do not hear it. */
  dispatch(published: Message, foreign: boolean, answering?: Answering): Reach {
    this.witness?.(foreign ? "receive" : "send", published);
    const followers = this.followers.match(published.identifier);
    if (followers.length === 0 && answering === undefined) return NOBODY;
    const message = from(this.origin, published);
    const { trial } = this.stand;
    let called = 0;
    let queues = 0;
    const agreed: HandlerFollower[] | undefined = answering && [];
    for (const each of followers) {
      // A condition knows which of its terms are local.
      if (foreign && each.patterns[0]?.local && (each.listens || each.patterns.length === 1)) continue;
      if (trial !== undefined && !(each.listens && each.keeps) && trial.misses()) continue;
      if (each.listens) {
        if (!each.hear(message)) continue;
        if (each.keeps) queues++;
        else called++;
      } else if (this.agrees(each, message, foreign)) {
        called++;
        if (agreed) agreed.push(each);
        else if (this.pool.none) this.call(each, message);
        else this.pool.run(() => (each.target.gone ? undefined : this.call(each, message)));
      }
    }
    if (agreed) this.answer(agreed, message, answering!);
    return { followers: called, queues };
  }

  /** Resolves when no handler is at work. */
  async idle(): Promise<void> {
    await new Promise<void>((resolve) => this.pool.whenStarted(resolve));
    while (this.open > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private ended(): void {
    if (--this.open === 0) for (const resolve of this.waiting.splice(0)) resolve();
  }

  private answer(agreed: readonly HandlerFollower[], message: Message, answering: Answering): void {
    answering.begin(agreed.length);
    agreed.forEach((each, index) => {
      this.pool.run(() => this.call(each, message, index + 1, answering));
    });
  }

  private agrees(follower: HandlerFollower, message: Message, foreign: boolean): boolean {
    try {
      return !follower.target.gone && follower.agrees(message, foreign);
    } catch (error) {
      this.report(error, message, follower.target.method);
      return false;
    }
  }

  /** Calls one handler; returns its end when that is a promise. */
  private call(follower: HandlerFollower, message: Message, number = 0, answering?: Answering): unknown {
    if (answering?.late?.(number)) return undefined;
    try {
      const { trial } = this.stand;
      const value =
        trial === undefined
          ? follower.call(message)
          : trial.handle(follower.target, message, () => follower.call(message));
      if (isThenable(value)) {
        this.open++;
        return value.then(
          (end) => {
            answering?.returned(number, end);
            this.ended();
          },
          (error) => {
            this.failed(error, follower, message, number, answering);
            this.ended();
          },
        );
      }
      answering?.returned(number, value);
    } catch (error) {
      this.failed(error, follower, message, number, answering);
    }
    return undefined;
  }

  private failed(
    error: unknown,
    follower: HandlerFollower,
    message: Message,
    number: number,
    answering: Answering | undefined,
  ): void {
    this.report(error, message, follower.target.method);
    answering?.threw(number, error);
  }
}
