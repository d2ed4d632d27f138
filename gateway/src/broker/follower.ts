// A live receiver: messages wait for it in a bounded buffer, as runs of encoded entries, until its transport takes them.
// When the buffer is full the oldest go, and the next thing that the follower receives is a `berrymq:lag` with their number.
import type { Limits } from "../limits.js";
import type { Clock } from "../model/clock.js";
import { Fifo } from "../model/fifo.js";
import { type Identifier, matches } from "../model/identifier.js";
import { systemMessage } from "../model/message.js";
import type { Receiver } from "./receiver.js";
import type { Session } from "./session.js";
import type { Turn, Woken } from "./turn.js";

/** A run of messages: the slice of a batch that holds them. */
interface Run {
  readonly entries: Buffer;
  readonly count: number;
  /** Microseconds since the epoch; 0 = never. Only a run of one message has one. */
  readonly expiresAt: number;
}

export interface FollowedPattern {
  readonly identifier: Identifier;
  readonly answers: boolean;
  readonly source: string;
}

/** Below this share of its batch a run is copied, so that a waiting follower does not keep large batches alive for small runs. */
const WORTH_PINNING = 4;

export class Follower implements Receiver, Woken {
  /** By pattern text. */
  readonly patterns = new Map<string, FollowedPattern>();
  /** Called at the end of a turn in which there came something to take; set by whoever takes. */
  onReady: () => void = () => {};
  #runs = new Fifo<Run>();
  #messages = 0;
  #bytes = 0;
  #dropped = 0;
  /** Bytes that may still be taken; undefined = not counted. */
  #credit: number | undefined;

  constructor(
    readonly session: Session,
    readonly turn: Turn,
    readonly clock: Clock,
    readonly limits: Pick<Limits, "followerMessages" | "followerBytes">,
  ) {}

  /** Counts credit from now on and adds some, in bytes. */
  grant(credit: number): void {
    this.#credit = (this.#credit ?? 0) + credit;
    if (this.ready) this.turn.wake(this);
  }

  push(entries: Buffer, count: number, expiresAt: number, _publisher: Session): void {
    const kept = entries.length * WORTH_PINNING < entries.buffer.byteLength ? Buffer.from(entries) : entries;
    this.#runs.push({ entries: kept, count, expiresAt });
    this.#messages += count;
    this.#bytes += entries.length;
    while (this.#messages > this.limits.followerMessages || this.#bytes > this.limits.followerBytes) {
      const oldest = this.#shift();
      if (oldest === undefined) break;
      this.#dropped += oldest.count;
    }
    this.turn.wake(this);
  }

  /** Whether one of its patterns that meet the identifier belongs to somebody who answers. */
  answers(identifier: Identifier): boolean {
    for (const pattern of this.patterns.values()) {
      if (pattern.answers && matches(pattern.identifier, identifier)) return true;
    }
    return false;
  }

  get ready(): boolean {
    return (this.#messages > 0 || this.#dropped > 0) && (this.#credit === undefined || this.#credit > 0);
  }

  /** The next entries of a batch, about `bytes` of them, at least one run; undefined when there is nothing or no credit. */
  take(bytes: number): Buffer[] | undefined {
    if (!this.ready) return undefined;
    const entries: Buffer[] = [];
    let taken = this.#takeLag(entries);
    const most = Math.min(bytes, this.#credit ?? bytes);
    for (let run = this.#runs.peek(); run !== undefined && (taken === 0 || taken + run.entries.length <= most); ) {
      this.#shift();
      if (run.expiresAt === 0 || run.expiresAt > this.clock.now()) {
        entries.push(run.entries);
        taken += run.entries.length;
      }
      run = this.#runs.peek();
    }
    if (this.#credit !== undefined) this.#credit -= taken;
    return entries.length > 0 ? entries : undefined;
  }

  #takeLag(entries: Buffer[]): number {
    if (this.#dropped === 0) return 0;
    const lag = systemMessage("lag", { dropped: this.#dropped }, this.clock.wall());
    this.#dropped = 0;
    entries.push(lag);
    return lag.length;
  }

  #shift(): Run | undefined {
    const run = this.#runs.shift();
    if (run === undefined) return undefined;
    this.#messages -= run.count;
    this.#bytes -= run.entries.length;
    return run;
  }
}
