// Dead letters on their way back: moved to the queues they came from, at a rate that those can bear.
import type { Claim, Engine, Verdict } from "../engines/engine.js";
import { Message } from "../gen/berrymq/v1/message.js";
import { type Clock, SECOND } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { queueFields } from "../model/fields.js";
import { DEAD_SUFFIX } from "../model/queue-options.js";
import type { BrokerQueue } from "./queue.js";
import type { Queues } from "./queues.js";

/** How often a piece is moved, in microseconds. */
const PACE = SECOND / 10;
/** A move takes no longer than that. */
const LEASE = 30 * SECOND;
/** Dead letters that are looked at in one piece. */
const PIECE = 1000;

/** Which dead letters go back, and how fast. */
export interface Redrive {
  /** At most so many; 0 = as many as are there now. */
  readonly max: number;
  /** Messages a second. */
  readonly rate: number;
  /** Of the messages that are meant, which go at once; none = whichever come first. */
  readonly ids: ReadonlySet<string>;
}

export class Redriving {
  constructor(
    readonly queues: Queues,
    readonly engine: Engine,
    readonly clock: Clock,
  ) {}

  /** Moves messages back; tells how many so far, after each piece. @throws Refusal QUEUE_NOT_FOUND, INVALID_ARGUMENT */
  async *redrive(queue: BrokerQueue, { max, rate, ids }: Redrive, signal: AbortSignal): AsyncGenerator<number> {
    if (!queue.name.endsWith(DEAD_SUFFIX)) {
      throw new Refusal(
        "INVALID_ARGUMENT",
        `queue: ${JSON.stringify(queue.name)} holds no dead letters; name one that ends in ${DEAD_SUFFIX}`,
      );
    }
    const most = Math.min(max || Infinity, queue.stats().ready);
    if (ids.size > 0) return yield await this.#pick(queue, ids, most);
    let moved = 0;
    let owed = 0;
    while (moved < most && !signal.aborted) {
      owed += (rate * PACE) / SECOND;
      const piece = Math.min(Math.floor(owed), most - moved);
      owed -= piece;
      if (piece > 0) {
        const count = await this.#move(queue, piece);
        moved += count;
        yield moved;
        if (count < piece) return;
      }
      if (moved < most) await new Promise<void>((resolve) => this.clock.after(PACE, resolve));
    }
  }

  /** Looks through all that can be had now. What is not meant is leased meanwhile, and then given back to its old place, uncounted. */
  async #pick(queue: BrokerQueue, ids: ReadonlySet<string>, most: number): Promise<number> {
    const others: string[] = [];
    let moved = 0;
    try {
      for (let left = queue.stats().ready; left > 0 && moved < most; ) {
        const claims = await this.#claim(queue, Math.min(PIECE, left));
        if (claims.length === 0) break;
        left -= claims.length;
        const meant: Claim[] = [];
        for (const claim of claims) {
          if (moved + meant.length < most && ids.has(queueFields(claim.body).id)) meant.push(claim);
          else others.push(claim.lease);
        }
        moved += await this.#carry(queue, meant);
      }
    } finally {
      await this.#giveBack(queue, others);
    }
    return moved;
  }

  async #giveBack(queue: BrokerQueue, leases: readonly string[]): Promise<void> {
    for (let from = 0; from < leases.length; from += PIECE) {
      const verdicts = leases.slice(from, from + PIECE).map(returned);
      await this.engine.settle(queue.name, verdicts, this.clock.now());
    }
    queue.wake();
  }

  #claim(queue: BrokerQueue, count: number): Promise<Claim[]> {
    const now = this.clock.now();
    return this.engine.claim(queue.name, count, now, now + LEASE);
  }

  async #move(queue: BrokerQueue, count: number): Promise<number> {
    return this.#carry(queue, await this.#claim(queue, count));
  }

  async #carry(queue: BrokerQueue, claims: readonly Claim[]): Promise<number> {
    const now = this.clock.now();
    const targets = new Set<BrokerQueue>();
    const refusals: Refusal[] = [];
    const verdicts = claims.map((claim) => this.#verdict(queue, claim, targets, refusals));
    const settled = this.engine.settle(queue.name, verdicts, now);
    for (const target of targets) target.appended();
    await settled;
    for (const target of targets) target.stored();
    if (refusals[0] !== undefined) throw refusals[0];
    return claims.length;
  }

  /** The message goes to the end of its queue, with all its attempts and its full time to live before it. */
  #verdict(queue: BrokerQueue, { body, lease }: Claim, targets: Set<BrokerQueue>, refusals: Refusal[]): Verdict {
    const from = Message.decode(body).attributes["berrymq-dead-queue"] ?? queue.name.slice(0, -DEAD_SUFFIX.length);
    const target = this.queues.find(from);
    const refusal = target === undefined ? gone(from) : target.admit(body.length);
    if (refusal !== undefined) refusals.push(refusal);
    if (target === undefined || refusal !== undefined) return returned(lease);
    targets.add(target);
    const fields = { ...queueFields(body), publishedAt: this.clock.wall(), deliverAt: 0, expiresAt: 0 };
    return { lease, kind: "move", ...target.entry(body, fields) };
  }
}

/** At its old place, uncounted. */
function returned(lease: string): Verdict {
  return { lease, kind: "return", at: 0, counted: false };
}

function gone(name: string): Refusal {
  return new Refusal("QUEUE_NOT_FOUND", `the queue ${JSON.stringify(name)}, which a dead letter came from, is gone`);
}
