// Takes a batch in: scans it whole, then hands each run of one identifier to whom it reaches. Nothing of a malformed batch is
// delivered; a message that is refused is refused alone.
import type { Append, Engine, Progress } from "../engines/engine.js";
import type { Limits } from "../limits.js";
import { type Clock, fromWall } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { queueFields } from "../model/fields.js";
import { asEntry, completed } from "../model/message.js";
import { refusalOf, type Scanned, scanBatch } from "../model/scanner.js";
import type { Mailboxes } from "./mailboxes.js";
import type { BrokerQueue } from "./queue.js";
import type { Route, Router } from "./router.js";
import type { Session } from "./session.js";
import type { Unacknowledged } from "./unacknowledged.js";

/** What became of a batch, as runs of message positions from 0. */
export interface Intake {
  readonly count: number;
  readonly accepted: readonly Reach[];
  readonly refused: readonly { first: number; count: number; refusal: Refusal }[];
  /** Fulfilled when every durable queue has committed; undefined when no queue was reached. */
  readonly stored: Promise<unknown> | undefined;
}

/** A run of messages that reached equally many. */
export interface Reach {
  readonly first: number;
  count: number;
  readonly followers: number;
  readonly queues: number;
}

export interface IntakeOptions {
  /** Sequence number of the first message; 0 = these are not counted. */
  readonly first: number;
  /** Messages at the front that were taken in before. */
  readonly skip: number;
  /** Mark the messages as sent again. */
  readonly resent: boolean;
}

/** Messages side by side with one identifier: a slice of the batch, or one completed message. */
interface Run {
  readonly key: string;
  readonly buffer: Buffer;
  readonly start: number;
  end: number;
  readonly first: number;
  count: number;
  /** By `clock.now()`; 0 = never. */
  readonly expiresAt: number;
  readonly refusal: Refusal | undefined;
  readonly requireAck: boolean;
  /** Ends of the messages' bodies and their lengths, in turns: what a queue needs to take the run apart. */
  readonly bodies: number[];
}

export class Intaker {
  constructor(
    readonly router: Router,
    readonly engine: Engine,
    readonly clock: Clock,
    readonly limits: Limits,
    readonly mailboxes: Mailboxes,
    readonly unacknowledged: Unacknowledged,
  ) {}

  /** @throws Refusal MALFORMED_MESSAGE or BATCH_TOO_LARGE for the batch as a whole. */
  take(session: Session, batch: Buffer, options: IntakeOptions): Intake {
    const { runs, count } = this.#scan(batch, options);
    const progress = { session: session.id, sequence: options.first + count - 1 };
    const outcome = new Outcome(options.first > 0 && session.id !== "" ? progress : undefined);
    for (const run of runs) this.#deliver(session, run, outcome);
    const { accepted, refused, stored } = outcome;
    return { count, accepted, refused, stored: stored.length > 0 ? Promise.all(stored) : undefined };
  }

  #scan(batch: Buffer, { skip, resent }: IntakeOptions): { runs: Run[]; count: number } {
    const runs: Run[] = [];
    let position = 0;
    let open: Run | undefined;
    scanBatch(batch, this.limits, (message) => {
      const at = position++;
      if (at < skip) return;
      const { hasId, hasPublishedAt, expiresAt, requireAck } = message;
      const plain = hasId && hasPublishedAt && expiresAt === 0 && !requireAck && !resent;
      const refusal = refusalOf(message, this.limits);
      if (plain && refusal === undefined && open !== undefined && open.key === message.key) {
        open.end = message.end;
        open.count++;
        open.bodies.push(message.end, message.end - message.body);
        return;
      }
      const run = plain || refusal ? slice(batch, message, at, refusal) : this.#complete(batch, message, at, resent);
      runs.push(run);
      open = plain && refusal === undefined ? run : undefined;
    });
    return { runs, count: position };
  }

  #complete(batch: Buffer, message: Scanned, first: number, resent: boolean): Run {
    const body = completed(batch, message, this.clock.wall(), resent);
    const buffer = asEntry(body);
    const { key, requireAck } = message;
    const expiresAt = message.expiresAt === 0 ? 0 : fromWall(this.clock, message.expiresAt);
    const end = buffer.length;
    const bodies = [end, body.length];
    return { key, buffer, start: 0, end, first, count: 1, expiresAt, requireAck, refusal: undefined, bodies };
  }

  #deliver(session: Session, run: Run, outcome: Outcome): void {
    if (run.refusal !== undefined) return outcome.refuse(run.first, run.count, run.refusal);
    const route = this.#route(run.key);
    if (route.refusal !== undefined) return outcome.refuse(run.first, run.count, route.refusal);
    if (run.expiresAt !== 0 && run.expiresAt <= this.clock.now()) return outcome.accept(run.first, run.count, 0, 0);
    if (run.requireAck) return this.#deliverUntilAcknowledged(session, run, route, outcome);
    if (route.queues.length > 0) return this.#deliverToQueues(session, run, route, outcome);
    const followers = push(session, route, run, run.start, run.end, run.count);
    outcome.accept(run.first, run.count, followers, 0);
  }

  #route(key: string): Route {
    try {
      const mailbox = this.mailboxes.open(key);
      return mailbox ? { followers: [], queues: [mailbox], refusal: undefined } : this.router.route(key);
    } catch (error) {
      if (error instanceof Refusal) return { followers: [], queues: [], refusal: error };
      throw error;
    }
  }

  /** One message that followers hear once it is kept, and again until one of them has acknowledged it; queues keep it besides. */
  #deliverUntilAcknowledged(session: Session, run: Run, route: Route, outcome: Outcome): void {
    const [end, length] = [run.bodies[0]!, run.bodies[1]!];
    const body = run.buffer.subarray(end - length, end);
    const fields = queueFields(body);
    const refusal = this.unacknowledged.full() ?? admit(route.queues, length);
    if (refusal !== undefined) return outcome.refuse(run.first, 1, refusal);
    const followers = route.followers.filter((follower) => follower.session !== session).length;
    outcome.stored.push(this.unacknowledged.keep(Buffer.from(body), fields, session, outcome.progress));
    const queues = route.queues.filter((queue) => !queue.remembers(fields.id));
    const appends = queues.map((queue) => queue.entry(body, fields));
    if (appends.length > 0) outcome.stored.push(this.#append(route, appends, [fields.id], outcome.progress));
    for (const queue of route.queues) queue.appended();
    // It counts as one queue more, since it is kept.
    outcome.accept(run.first, 1, followers, route.queues.length + 1);
  }

  /** A run that queues keep is taken apart, since each message has to fit; what fits reaches the followers, too. */
  #deliverToQueues(session: Session, run: Run, route: Route, outcome: Outcome): void {
    const appends: Append[] = [];
    const ids: string[] = [];
    let start = run.start;
    for (let index = 0; index < run.count; index++) {
      const end = run.bodies[2 * index]!;
      const body = run.buffer.subarray(end - run.bodies[2 * index + 1]!, end);
      const fields = queueFields(body);
      const queues = route.queues.filter((queue) => !queue.remembers(fields.id));
      const refusal = admit(queues, body.length);
      if (refusal !== undefined) outcome.refuse(run.first + index, 1, refusal);
      else {
        for (const queue of queues) appends.push(queue.entry(body, fields));
        ids.push(fields.id);
        const followers = push(session, route, run, start, end, 1);
        outcome.accept(run.first + index, 1, followers, route.queues.length);
      }
      start = end;
    }
    if (appends.length > 0) outcome.stored.push(this.#append(route, appends, ids, outcome.progress));
    for (const queue of route.queues) queue.appended();
  }

  async #append(route: Route, appends: Append[], ids: string[], progress: Progress | undefined): Promise<void> {
    try {
      await this.engine.append(appends, progress);
    } catch (error) {
      for (const queue of route.queues) for (const id of ids) queue.notStored(id);
      throw error;
    }
    for (const queue of route.queues) queue.stored();
  }
}

function slice(buffer: Buffer, message: Scanned, first: number, refusal: Refusal | undefined): Run {
  const { key, entry: start, end, expiresAt, requireAck } = message;
  const bodies = [end, end - message.body];
  return { key, buffer, start, end, first, count: 1, expiresAt, requireAck, refusal, bodies };
}

function push(session: Session, route: Route, run: Run, start: number, end: number, count: number): number {
  if (route.followers.length === 0) return 0;
  const entries = run.buffer.subarray(start, end);
  let reached = 0;
  for (const follower of route.followers) {
    if (follower.session === session) continue;
    follower.push(entries, count, run.expiresAt, session);
    reached++;
  }
  return reached;
}

/** Every queue has to have room, so that a message that is refused is kept nowhere. */
function admit(queues: readonly BrokerQueue[], bytes: number): Refusal | undefined {
  for (let index = 0; index < queues.length; index++) {
    const refusal = queues[index]!.admit(bytes);
    if (refusal === undefined) continue;
    for (const queue of queues.slice(0, index)) queue.withdraw(bytes);
    return refusal;
  }
  return undefined;
}

class Outcome {
  constructor(readonly progress: Progress | undefined) {}

  readonly accepted: Reach[] = [];
  readonly refused: { first: number; count: number; refusal: Refusal }[] = [];
  readonly stored: Promise<unknown>[] = [];

  accept(first: number, count: number, followers: number, queues: number): void {
    const last = this.accepted.at(-1);
    const extends_ = last !== undefined && last.first + last.count === first;
    if (extends_ && last.followers === followers && last.queues === queues) last.count += count;
    else this.accepted.push({ first, count, followers, queues });
  }

  refuse(first: number, count: number, refusal: Refusal): void {
    const last = this.refused.at(-1);
    const extends_ = last !== undefined && last.first + last.count === first;
    if (extends_ && last.refusal.reason === refusal.reason && last.refusal.message === refusal.message)
      last.count += count;
    else this.refused.push({ first, count, refusal });
  }
}
