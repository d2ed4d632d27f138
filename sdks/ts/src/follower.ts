// Those who follow: handlers (functions and methods, which answer) and listeners (streams and queues, which only hear).
import { type Identifier, parseIdentifier } from "./identifier.js";
import type { Message } from "./message.js";
import type { QueueOptions } from "./queue.js";
import { Router } from "./router.js";

/** Gets each message; what it returns, or what its promise becomes, is a talk's answer. */
export type Handler = (message: Message) => unknown;

/** False = this message is not for the handler. */
export type Guard = (message: Message) => boolean;

export interface FollowOptions {
  /** Of a following with `queue`, what it refuses is done, as if it had been handled. */
  readonly guard?: Guard;
  /**
   * Durable following: the handler is fed from the shared queue of that name, made with the pattern if it is not there. Returning
   * acknowledges, throwing retries; `Retry`, `Reject` and `Release` say otherwise.
   */
  readonly queue?: string;
  /** How that queue is made. */
  readonly queueOptions?: Omit<QueueOptions, "shared" | "name">;
  /** Messages of that queue at a time. Default 1. */
  readonly concurrency?: number;
}

/** What registering gives back. */
export interface Following {
  /** The pattern as text. */
  readonly pattern: string;
  /** Ends it. Harmless twice. */
  unfollow(): void;
}

/** A function, or a method of an object that is held weakly. */
export class HandlerFollower {
  readonly listens = false;

  constructor(
    readonly patterns: readonly [Identifier],
    readonly guard: Guard | undefined,
    private readonly target: () => Handler | undefined,
  ) {}

  /** The function to call; undefined = its object is gone. */
  handler(): Handler | undefined {
    return this.target();
  }
}

/** A stream or a queue. */
export interface Listener {
  readonly listens: true;
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
  private readonly forgetful = new FinalizationRegistry<Following>((following) => following.unfollow());

  /** @param changed is called after the patterns have changed. */
  constructor(private readonly changed: () => void) {}

  addFunction(pattern: string, handler: Handler, options: FollowOptions = {}): Following {
    return this.add(new HandlerFollower([parseIdentifier(pattern)], options.guard, () => handler));
  }

  /** Holds `object` weakly: once it is gone, it follows no more. */
  addMethod(pattern: string, object: object, method: Handler, options: FollowOptions = {}): Following {
    const target = weakly(object, method);
    const following = this.add(new HandlerFollower([parseIdentifier(pattern)], options.guard, target));
    this.unfollowWith(object, following);
    return following;
  }

  /** Ends a following when its object is gone. */
  unfollowWith(object: object, following: Following): void {
    this.forgetful.register(object, following);
  }

  add(follower: Follower): Following {
    this.router.add(follower);
    if (follower.listens) this.listeners.add(follower);
    if (this.count(follower, 1)) this.changed();
    return { pattern: follower.patterns[0]?.text ?? "", unfollow: () => this.remove(follower) };
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

  private remove(follower: Follower): void {
    if (!this.router.remove(follower)) return;
    if (follower.listens) this.listeners.delete(follower);
    if (this.count(follower, -1)) this.changed();
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

/** The method of an object that is held weakly; undefined = the object is gone. */
export function weakly(object: object, method: Handler): () => Handler | undefined {
  const weak = new WeakRef(object);
  return () => {
    const alive = weak.deref();
    return alive && ((message: Message) => method.call(alive, message));
  };
}
