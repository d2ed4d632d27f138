// `follow()`: messages as an async iterable, with a bounded buffer of its own from which the oldest go.

import { type Clock, NOBODY_WAITS } from "./clock.js";
import { InvalidArgument } from "./errors.js";
import { Fifo } from "./fifo.js";
import type { Following, Listener } from "./follower.js";
import { type Identifier, parseIdentifier } from "./identifier.js";
import type { Message } from "./message.js";
import { placeOf } from "./place.js";

/** How long a stream lasts, and how much may wait in it. */
export interface StreamOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
  /** Messages that may wait. Default 10000. */
  readonly maxMessages?: number | undefined;
  /** Bytes that may wait. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

const DEFAULT_MAX_MESSAGES = 10_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
/** Of a received batch, the part below which what waits is copied out instead of keeping the whole batch alive. */
const WORTH_PINNING = 1 / 4;

/** What a stream asks of its bus. */
export interface StreamHost {
  readonly clock: Clock;
  add(listener: Listener): Pick<Following, "unfollow">;
  /** So many messages of a pattern went, since the buffer was full. Told when the next one is taken. */
  lagged(dropped: number, pattern: string): void;
  begun(stream: Stream): void;
  gone(stream: Stream): void;
  /** A message with `requireAck` was taken. */
  taken(message: Message): void;
}

/** An endless iteration over what is published; `break`, `close()`, the signal and the bus's end stop it. */
export class Stream<M extends Message = Message> implements AsyncIterableIterator<M>, AsyncDisposable {
  private readonly waiting = new Fifo<M>();
  private readonly takers = new Fifo<(result: IteratorResult<M>) => void>();
  private readonly followings: Pick<Following, "unfollow">[];
  private readonly maxMessages: number;
  private readonly maxBytes: number;
  private bytes = 0;
  private dropped = 0;
  private sinceBatch = 0;
  private closed = false;
  private lagging = "";
  private readonly signal: AbortSignal | undefined;
  private readonly stop = () => this.close();

  /** @internal */
  /**
   * @param all patterns, then perhaps options
   * @throws InvalidIdentifier, InvalidArgument
   */
  constructor(
    all: readonly unknown[],
    private readonly host: StreamHost,
  ) {
    const { patterns, options } = asked(all);
    this.maxMessages = options.maxMessages ?? DEFAULT_MAX_MESSAGES;
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    for (const what of ["maxMessages", "maxBytes"] as const) {
      if (!(this[what] >= 1)) throw new InvalidArgument(`${what} is a number from 1, not ${this[what]}`);
    }
    const parsed = patterns.map(parseIdentifier);
    const once = parsed.length > 1 ? new OnceEach() : undefined;
    this.followings = parsed.map((pattern) => host.add(this.listener(pattern, once)));
    this.signal = options.signal;
    this.signal?.addEventListener("abort", this.stop, { once: true });
    if (this.signal?.aborted) this.close();
    else host.begun(this as unknown as Stream);
  }

  /** The oldest message that waits, or the next one that comes; `done` once it is closed and nothing waits. */
  next(): Promise<IteratorResult<M>> {
    const value = this.take();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.await(resolve));
  }

  /** As `close`; `break` calls it. */
  return(value?: unknown): Promise<IteratorResult<M>> {
    this.close();
    return Promise.resolve({ done: true, value });
  }

  /** Closes it and fails with the error, as a generator that has nothing to say to it. */
  throw(error?: unknown): Promise<IteratorResult<M>> {
    this.close();
    return Promise.reject(error);
  }

  /** Follows no more. What waits may still be iterated over. Harmless twice. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const following of this.followings) following.unfollow();
    while (this.takers.length > 0) this.takers.shift()!({ done: true, value: undefined });
    this.signal?.removeEventListener("abort", this.stop);
    this.host.gone(this as unknown as Stream);
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  private listener(pattern: Identifier, once: OnceEach | undefined): Listener {
    return {
      listens: true,
      title: placeOf(this),
      keeps: false,
      patterns: [pattern],
      admit: () => {},
      hear: (message) => {
        if (once === undefined || once.isNew(message)) this.hear(message as M, pattern);
        return true;
      },
      heardBatch: (bytes) => this.heardBatch(bytes),
    };
  }

  private await(resolve: (result: IteratorResult<M>) => void): void {
    const over = this.host.clock.wait(false);
    const taker = (result: IteratorResult<M>) => {
      over();
      resolve(result);
    };
    this.takers.push(over === NOBODY_WAITS ? resolve : taker);
  }

  private hear(message: M, pattern: Identifier): void {
    const taker = this.takers.shift();
    if (taker === undefined) this.wait(message, pattern);
    else {
      taker({ done: false, value: message });
      if (message.requireAck) this.host.taken(message);
    }
  }

  private wait(message: M, pattern: Identifier): void {
    this.bytes += message.size;
    this.sinceBatch++;
    this.waiting.push(message);
    while (this.waiting.length > this.maxMessages || (this.bytes > this.maxBytes && this.waiting.length > 1)) {
      this.drop(pattern);
    }
  }

  private drop(pattern: Identifier): void {
    this.bytes -= this.waiting.shift()!.size;
    if (this.dropped++ === 0) this.lagging = pattern.text;
  }

  private take(): M | undefined {
    if (this.dropped > 0) this.tellLag();
    const message = this.waiting.shift();
    if (message === undefined) return undefined;
    this.bytes -= message.size;
    if (message.requireAck) this.host.taken(message);
    return message;
  }

  private tellLag(): void {
    const { dropped } = this;
    this.dropped = 0;
    this.host.lagged(dropped, this.lagging);
  }

  private heardBatch(bytes: number): void {
    const count = Math.min(this.sinceBatch, this.waiting.length);
    this.sinceBatch = 0;
    let kept = 0;
    for (let i = 0; i < count; i++) kept += this.waiting.recent(i)!.size;
    if (kept >= bytes * WORTH_PINNING) return;
    for (let i = 0; i < count; i++) this.waiting.recent(i)!.detach();
  }
}

/** What `follow` was called with. Options stand last; where there are none, undefined may. */
function asked(all: readonly unknown[]): { readonly patterns: readonly string[]; readonly options: StreamOptions } {
  const last = all.at(-1);
  if (typeof last === "string") return { patterns: all as readonly string[], options: {} };
  const patterns = all.slice(0, -1) as readonly string[];
  if (patterns.length > 0 && (last === undefined || Object(last) === last)) return { patterns, options: last ?? {} };
  throw new InvalidArgument(
    `follow takes patterns, then perhaps options: follow("door:*", "light:*", { signal }); not ${all.map(String).join(", ") || "nothing"}`,
  );
}

/** Two patterns of one stream may both meet a message, which is heard once; they hear it one right after the other. */
class OnceEach {
  private last: Message | undefined;

  isNew(message: Message): boolean {
    if (this.last === message) return false;
    this.last = message;
    return true;
  }
}
