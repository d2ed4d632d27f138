// Feeds one handler from one queue, so many messages at a time: keeps their leases alive meanwhile, and settles each as the handler ends.

import { consuming } from "./consuming.js";
import type { Answering, ErrorCallback } from "./dispatcher.js";
import type { Guard } from "./follower.js";
import { handed as handedOut, type Message } from "./message.js";
import type { Keeper } from "./queue.js";
import type { AnyHandler } from "./target.js";
import type { Consumer, Handed, Verdict } from "./transports/queue-calls.js";
import { HandlerVerdict, Reject, Release, Retry } from "./verdicts.js";

/** What is done with the messages. */
export interface Job {
  /** Undefined = its object is gone. */
  readonly target: () => AnyHandler | undefined;
  readonly guard?: Guard | undefined;
  /** Messages at a time. */
  readonly concurrency: number;
  /** Where the handler's result goes, when somebody wants it. */
  answering(message: Message): Answering | undefined;
  readonly report: ErrorCallback;
  /** Makes the call of the handler. */
  handle?(message: Message, call: () => unknown): unknown;
}

/** What becomes of a message. */
interface Judgement {
  readonly verdict: Verdict;
  /** Tells whoever asked that the handler failed; called when there is no further attempt. */
  readonly failed?: (() => void) | undefined;
}

/** Of a queue that could not be asked for its own, in seconds. */
const DEFAULT_LEASE = 30;
const ACK: Judgement = { verdict: { verb: "ack" } };

export class Worker {
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private leaving = false;
  private lease: Promise<number> | undefined;

  constructor(
    private readonly keeper: Keeper,
    private readonly job: Job,
  ) {}

  /** Works until it is stopped. @throws what ends the queue */
  async run(): Promise<void> {
    for await (const { handed, consumer } of consuming(
      this.keeper,
      this.job.concurrency,
      false,
      this.stopping.signal,
    )) {
      if (this.leaving) continue;
      const work = this.handle(handed, consumer)
        .catch((error) => this.job.report(error, handed.message))
        .finally(() => this.running.delete(work));
      this.running.add(work);
    }
  }

  /** Takes nothing more; resolves when what is at hand is settled, or after so many seconds: then it goes back to the queue. */
  async stop(seconds: number): Promise<void> {
    this.leaving = true;
    if (this.running.size > 0) {
      await this.keeper.clock.within(seconds, Promise.all(this.running));
    }
    this.stopping.abort();
  }

  private async handle(handed: Handed, consumer: Consumer): Promise<void> {
    const handler = this.job.target();
    if (handler === undefined) {
      await this.stop(0);
      return;
    }
    const lost = new AbortController();
    const lose = () => lost.abort();
    consumer.over.addEventListener("abort", lose, { once: true });
    const third = (await this.leaseSeconds()) / 3;
    if (lost.signal.aborted) return;
    const timer = this.keeper.clock.every(third, () => void this.extend(handed.leaseId, lost));
    const { verdict, failed } = await this.judge(handler, handedOut(handed.message, handed.attempt, lost.signal));
    timer.stop();
    consumer.over.removeEventListener("abort", lose);
    const settled = lost.signal.aborted ? undefined : settle(consumer, handed.leaseId, verdict);
    // Travels with the verdict: a queue that broadcasts passes over who has no credit and holds nothing.
    consumer.grant(1);
    if (await settled) failed?.();
  }

  /** Calls the handler, and says what becomes of the message. */
  private async judge(handler: AnyHandler, message: Message): Promise<Judgement> {
    const { guard, report } = this.job;
    const answering = this.job.answering(message);
    answering?.begin(1);
    try {
      if (guard !== undefined && !guard(message)) return ACK;
      if (answering?.late?.(1)) return ACK;
      const call = () => handler(message);
      const value = await (this.job.handle === undefined ? call() : this.job.handle(message, call));
      answering?.returned(1, value);
      return ACK;
    } catch (error) {
      if (!(error instanceof HandlerVerdict)) report(error, message, handler);
      const verdict = verdictOf(error);
      const failed = answering && (() => answering.threw(1, error));
      if (verdict.verb === "reject") failed?.();
      return { verdict, failed: verdict.verb === "retry" ? failed : undefined };
    }
  }

  private async extend(leaseId: string, lost: AbortController): Promise<void> {
    try {
      await this.keeper.extend(leaseId, undefined);
    } catch (error) {
      // A connection that was lost takes the lease with it; the stream tells.
      if ((error as { retryable?: boolean }).retryable !== true) lost.abort(error);
    }
  }

  /** The queue's lease; asked for once, when there is a first message. */
  private leaseSeconds(): Promise<number> {
    this.lease ??= this.keeper.describe().then(
      ({ lease }) => lease,
      () => DEFAULT_LEASE,
    );
    return this.lease;
  }
}

/** Whether that gave the message up. What cannot be settled any more comes again; nobody needs to hear of it. */
async function settle(consumer: Consumer, leaseId: string, verdict: Verdict): Promise<boolean> {
  try {
    return await consumer.settle(leaseId, verdict);
  } catch (error) {
    const { reason, retryable } = error as { reason?: string; retryable?: boolean };
    if (reason !== "LEASE_LOST" && reason !== "CLOSED" && retryable !== true) throw error;
    return false;
  }
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof Reject) return { verb: "reject", why: error.why };
  if (error instanceof Release) return { verb: "release" };
  return { verb: "retry", delay: error instanceof Retry ? error.after : undefined };
}
