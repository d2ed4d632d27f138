// Those who follow: handlers (functions and methods, which answer) and listeners (streams and queues, which only hear).
import { type Identifier, parseIdentifier } from "./identifier.js";
import type { Message } from "./message.js";
import type { QueueOptions } from "./queue.js";
import { Router } from "./router.js";
import type { Target } from "./target.js";

/** Gets each message; what it returns, or what its promise becomes, is a talk's answer. */
export type Handler<M extends Message = Message> = (message: M) => unknown;

/** False = this message is not for the handler. */
export type Guard<M extends Message = Message> = (message: M) => boolean;

/** Which messages a handler is called with, and from where. */
export interface FollowOptions<M extends Message = Message> {
  /** Of a following with `queue`, what it refuses is done, as if it had been handled. Of a condition, its terms have them. */
  readonly guard?: Guard<M> | undefined;
  /**
   * Durable following: the handler is fed from the shared queue of that name, made with the pattern if it is not there. Returning
   * acknowledges, throwing retries; `Retry`, `Reject` and `Release` say otherwise.
   */
  readonly queue?: string | undefined;
  /** How that queue is made. */
  readonly queueOptions?: Omit<QueueOptions, "shared" | "name"> | undefined;
  /** Messages of that queue at a time. Default 1. */
  readonly concurrency?: number | undefined;
}

/** What registering gives back. */
export interface Following extends Disposable {
  /** The pattern as text. */
  readonly pattern: string;
  /** Ends it. Harmless twice. `using following = …` does it at the end of the block. */
  unfollow(): void;
}

/** A function, or a method of an object that is held weakly. */
export class HandlerFollower {
  readonly listens = false;

  constructor(
    readonly patterns: readonly Identifier[],
    readonly target: Target,
    private readonly guard: Guard | undefined,
  ) {}

  /** Whether a message is for the handler. @param foreign it came from another process */
  agrees(message: Message, _foreign: boolean): boolean {
    return this.guard === undefined || this.guard(message);
  }

  /** Calls the handler with what was agreed to. */
  call(message: Message): unknown {
    return this.target.handler()?.(message);
  }
}

/** A stream or a queue. */
export interface Listener {
  readonly listens: true;
  /** For diagrams: a queue's name, where a stream was opened. */
  readonly title: string;
  /** All of them local, or none. */
  readonly patterns: readonly Identifier[];
  /** True = counted among the queues that a message reached. */
  readonly keeps: boolean;
  /** Throws when it cannot take the message, before anybody got it. */
  admit(message: Message): void;
  /** False = it did not take it. */
  hear(message: Message): boolean;
  /** What was heard since the last call came from one received batch of so many bytes. */
  heardBatch(bytes: number): void;
}

export type Follower = HandlerFollower | Listener;

/** Everybody who follows on one bus. */
export class Followers {
  private readonly router = new Router<Follower>();
  /** How many follow each pattern, but for local ones. */
  private readonly counts = new Map<string, { readonly handlers: number; readonly listeners: number }>();

  /** @param changed is called after the patterns have changed. */
  constructor(private readonly changed: () => void) {}

  addHandler(pattern: string, target: Target, guard?: Guard): Following {
    return this.add(new HandlerFollower([parseIdentifier(pattern)], target, guard));
  }

  add(follower: Follower): Following {
    this.router.add(follower);
    if (follower.listens) this.listeners.add(follower);
    else follower.target.whenGone(() => this.remove(follower));
    if (this.count(follower, 1)) this.changed();
    return followingOf(follower.patterns.map(({ text }) => text).join(" & "), () => this.remove(follower));
  }

  /** Everybody, in order of registration. */
  all(): readonly Follower[] {
    return this.router.all();
  }

  /** Ends it. False = it was not there. */
  remove(follower: Follower): boolean {
    if (!this.router.remove(follower)) return false;
    if (follower.listens) this.listeners.delete(follower);
    else follower.target.release();
    if (this.count(follower, -1)) this.changed();
    return true;
  }

  match(identifier: Identifier): readonly Follower[] {
    return this.router.match(identifier);
  }

  /** The streams and queues. */
  readonly listeners = new Set<Listener>();

  /** What the process follows beyond itself: pattern → whether anybody there answers. */
  patterns(): Map<string, boolean> {
    return new Map([...this.counts].map(([pattern, { handlers }]) => [pattern, handlers > 0]));
  }

  /** Patterns as text, sorted, each once. */
  texts(): string[] {
    return [...new Set(this.router.all().flatMap(({ patterns }) => patterns.map(({ text }) => text)))].sort();
  }

  /** Counts a follower in or out; true when what the process follows beyond itself is another thing now. */
  private count({ patterns, listens }: Follower, by: 1 | -1): boolean {
    return patterns.map((pattern) => this.countOne(pattern, listens, by)).includes(true);
  }

  private countOne(pattern: Identifier, listens: boolean, by: 1 | -1): boolean {
    if (pattern.local) return false;
    const before = this.counts.get(pattern.text);
    const { handlers, listeners } = before ?? { handlers: 0, listeners: 0 };
    const after = listens ? { handlers, listeners: listeners + by } : { handlers: handlers + by, listeners };
    const there = after.handlers + after.listeners > 0;
    if (there) this.counts.set(pattern.text, after);
    else this.counts.delete(pattern.text);
    return before === undefined || !there || handlers > 0 !== after.handlers > 0;
  }
}

/** What registering gives back. */
export function followingOf(pattern: string, end: () => void): Following {
  const unfollow = () => void end();
  return { pattern, unfollow, [Symbol.dispose]: unfollow };
}
