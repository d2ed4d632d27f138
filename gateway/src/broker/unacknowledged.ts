// Acknowledged publishing (`require_ack`): messages are kept in a queue of their own and delivered again and again, to whoever follows by then,
// until one follower has acknowledged them or they expire.
import type { Append, Claim, Engine, Progress } from "../engines/engine.js";
import type { Limits } from "../limits.js";
import { type Clock, fromWall, SECOND, type Timer } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { type QueueFields, queueFields } from "../model/fields.js";
import { type Identifier, matches, readIdentifier } from "../model/identifier.js";
import { asEntry, withAttempt } from "../model/message.js";
import { DEFAULTS } from "../model/queue-options.js";
import type { Follower } from "./follower.js";
import { noRoom, type Report } from "./queue.js";
import type { Router } from "./router.js";
import type { Session } from "./session.js";

/** The engine's queue; clients cannot name it, since it is not the broker's. */
export const UNACKNOWLEDGED = "_unacknowledged";

/** A publisher that names no end is not waited for longer than that (message.proto says so). */
const LONGEST = 7 * 86_400 * SECOND;
/** The longest time between two deliveries. */
const MOST_INTERVAL = 300 * SECOND;
/** Messages delivered in one piece, so that a late follower of many does not hold everybody else up. */
const PIECE = 500;

/** What is known of a message that waits; its body is the engine's. */
interface Waiting {
  readonly identifier: Identifier;
  lease: string;
  /** Who published it, while that is known: it is not echoed. */
  readonly publisher: Session | undefined;
}

export class Unacknowledged {
  /** By message id. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #publishers = new Map<string, Session>();
  #timer: Timer | undefined;
  #delivering: Promise<void> = Promise.resolve();

  constructor(
    readonly engine: Engine,
    readonly router: Router,
    readonly clock: Clock,
    readonly limits: Pick<Limits, "unacknowledged" | "acknowledgeSeconds">,
    readonly announce: (action: string, kwargs: Record<string, unknown>) => void,
    readonly report: Report,
    /** Publishes for the system: whose echo nobody needs. */
    readonly system: Session,
  ) {}

  /** Makes its queue, and takes up what waited before a restart. */
  async open(): Promise<void> {
    const options = { ...DEFAULTS, name: UNACKNOWLEDGED, patterns: [], owner: "", dropOldest: false };
    await this.engine.putQueue(options, false);
    this.#deliverSoon();
  }

  get size(): number {
    const { ready, leased } = this.engine.stats(UNACKNOWLEDGED, this.clock.now());
    return ready + leased;
  }

  /** Why nothing more is taken; undefined = there is room. */
  full(): Refusal | undefined {
    if (this.engine.full) return noRoom();
    if (this.size < this.limits.unacknowledged) return undefined;
    return new Refusal(
      "QUEUE_FULL",
      `${this.limits.unacknowledged} messages wait for an acknowledgement, which is the bound`,
    );
  }

  /** Keeps a message, and delivers it once it is kept. */
  async keep(body: Buffer, fields: QueueFields, publisher: Session, progress: Progress | undefined): Promise<void> {
    const expires = Math.min(this.#end(fields), this.clock.now() + LONGEST);
    const append: Append = { queue: UNACKNOWLEDGED, body, expires };
    this.#publishers.set(fields.id, publisher);
    try {
      await this.engine.append([append], progress);
    } catch (error) {
      this.#publishers.delete(fields.id);
      throw error;
    }
    this.#deliverSoon();
  }

  /** Handlers have returned: these need no further delivery. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    const leases: string[] = [];
    for (const id of ids) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) continue;
      this.#waiting.delete(id);
      leases.push(waiting.lease);
    }
    if (leases.length === 0) return;
    const verdicts = leases.map((lease) => ({ lease, kind: "forget" }) as const);
    await this.engine.settle(UNACKNOWLEDGED, verdicts, this.clock.now());
  }

  /** Somebody follows a pattern from now on: what waits for one like him is delivered to him at once. */
  followed(pattern: Identifier, follower: Follower): void {
    if (this.#waiting.size === 0) return;
    const found = [...this.#waiting.values()].filter(
      ({ identifier, publisher }) => publisher !== follower.session && matches(pattern, identifier),
    );
    if (found.length > 0) this.#then(() => this.#deliverTo(follower, found));
  }

  close(): void {
    this.#timer?.cancel();
  }

  async #deliverTo(follower: Follower, found: readonly Waiting[]): Promise<void> {
    for (let at = 0; at < found.length; at += PIECE) {
      const leases = found.slice(at, at + PIECE).map(({ lease }) => lease);
      const claims = await this.engine.held(UNACKNOWLEDGED, leases, this.clock.now());
      for (const claim of claims) if (claim !== undefined) follower.push(entryOf(claim), 1, 0, this.system);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #deliverSoon(): void {
    this.#then(() => this.#deliver().catch((error: unknown) => this.#tryLater(error)));
  }

  /** One thing after the other, so that a message is in one hand of ours at a time. */
  #then(work: () => Promise<void>): void {
    this.#delivering = this.#delivering.then(work).catch(this.report);
  }

  /** Ends what ran out, drops what expired, delivers all that is due, and looks again in time. */
  async #deliver(): Promise<void> {
    for (;;) {
      const next = await this.#endWhatRanOut();
      const delivered = await this.#deliverDue();
      if (delivered === 0 && (next === undefined || next > this.clock.now())) return this.#lookAgain(next);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Tells when the next one runs out or expires. */
  async #endWhatRanOut(): Promise<number | undefined> {
    const { claims, expired, next } = await this.engine.lapsed(UNACKNOWLEDGED, this.clock.now());
    for (const body of expired) this.#drop(body);
    const verdicts = claims.map(({ lease }) => ({ lease, kind: "return", at: 0, counted: true }) as const);
    if (verdicts.length === 0) return next;
    await this.engine.settle(UNACKNOWLEDGED, verdicts, 0);
    // Again at once: what was returned may have expired while it was leased.
    return this.clock.now();
  }

  /** Delivers a piece of what is due; tells how many. */
  async #deliverDue(): Promise<number> {
    const now = this.clock.now();
    const until = now + this.limits.acknowledgeSeconds * SECOND;
    const due = await this.engine.claim(UNACKNOWLEDGED, PIECE, now, until);
    for (const claim of due) this.#deliverOne(claim);
    await this.#fitLeases(due, until);
    return due.length;
  }

  #deliverOne(claim: Claim): void {
    const { id, identifier: text } = queueFields(claim.body);
    const identifier = readIdentifier(text);
    const publisher = this.#publishers.get(id) ?? this.#waiting.get(id)?.publisher;
    this.#publishers.delete(id);
    this.#waiting.set(id, { identifier, lease: claim.lease, publisher });
    for (const receiver of this.router.find(identifier).followers) {
      if (receiver.session !== publisher) receiver.push(entryOf(claim), 1, 0, this.system);
    }
  }

  /** The time between deliveries doubles, and ends with the message. */
  async #fitLeases(claims: readonly Claim[], usual: number): Promise<void> {
    const now = this.clock.now();
    const byEnd = new Map<number, string[]>();
    for (const { body, attempt, lease } of claims) {
      const interval = Math.min((usual - now) * 2 ** Math.min(attempt - 1, 30), MOST_INTERVAL);
      const expires = this.#end(queueFields(body));
      // One that is over for the wall clock, which was set, is not over for the engine: it goes by the time that passed.
      const end = expires > now ? Math.min(now + interval, expires) : now + interval;
      if (end === usual) continue;
      const leases = byEnd.get(end) ?? [];
      byEnd.set(end, leases);
      leases.push(lease);
    }
    for (const [end, leases] of byEnd) await this.engine.extend(UNACKNOWLEDGED, leases, now, end);
  }

  /** When a message ends, by `clock.now()`. */
  #end({ expiresAt }: QueueFields): number {
    return expiresAt === 0 ? Infinity : fromWall(this.clock, expiresAt);
  }

  #lookAgain(at: number | undefined): void {
    this.#timer?.cancel();
    if (at !== undefined) this.#timer = this.clock.after(at - this.clock.now(), () => this.#deliverSoon());
  }

  #tryLater(error: unknown): void {
    this.report(error);
    this.#lookAgain(this.clock.now() + SECOND);
  }

  #drop(body: Buffer): void {
    const { id, identifier, sender } = queueFields(body);
    this.#waiting.delete(id);
    this.announce("drop", { queue: UNACKNOWLEDGED, message_id: id, identifier, sender, reason: "unacknowledged" });
  }
}

function entryOf({ body, attempt }: Claim): Buffer {
  return asEntry(attempt > 1 ? withAttempt(body, attempt) : body);
}
