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

export class Redriving {
  constructor(
    readonly queues: Queues,
    readonly engine: Engine,
    readonly clock: Clock,
  ) {}

  /** Moves up to `max` messages at `rate` a second; tells how many so far, after each piece. @throws Refusal QUEUE_NOT_FOUND, INVALID_ARGUMENT */
  async *redrive(queue: BrokerQueue, max: number, rate: number, signal: AbortSignal): AsyncGenerator<number> {
    if (!queue.name.endsWith(DEAD_SUFFIX)) {
      throw new Refusal(
        "INVALID_ARGUMENT",
        `queue: ${JSON.stringify(queue.name)} holds no dead letters; name one that ends in ${DEAD_SUFFIX}`,
      );
    }
    let moved = 0;
    let owed = 0;
    const most = Math.min(max || Infinity, queue.stats().ready);
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

  async #move(queue: BrokerQueue, count: number): Promise<number> {
    const now = this.clock.now();
    const claims = await this.engine.claim(queue.name, count, now, now + LEASE);
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
    if (target === undefined || refusal !== undefined) return { lease, kind: "return", at: 0, counted: false };
    targets.add(target);
    const fields = { ...queueFields(body), publishedAt: this.clock.wall(), deliverAt: 0, expiresAt: 0 };
    return { lease, kind: "move", ...target.entry(body, fields) };
  }
}

function gone(name: string): Refusal {
  return new Refusal("QUEUE_NOT_FOUND", `the queue ${JSON.stringify(name)}, which a dead letter came from, is gone`);
}
