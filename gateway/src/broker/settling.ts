// How deliveries end: what each verdict of a consumer means to the engine, when a message is given up, and where it goes then:
// to `<queue>.dead`, with why, where and when as attributes.
import type { Claim, Engine, Settled, Verdict } from "../engines/engine.js";
import { SettledLeases } from "../engines/settled-leases.js";
import { Message } from "../gen/berrymq/v1/message.js";
import type { Clock } from "../model/clock.js";
import { queueFields } from "../model/fields.js";
import { RESERVED_NAME } from "../model/identifier.js";
import { withAttributes } from "../model/message.js";
import { DEAD_SUFFIX } from "../model/queue-options.js";
import type { BrokerQueue } from "./queue.js";

/** What a consumer says of one delivery. Times are in microseconds. */
export type Settlement =
  | { readonly lease: string; readonly verb: "ack" | "release" }
  | { readonly lease: string; readonly verb: "retry"; readonly delay: number | undefined }
  | { readonly lease: string; readonly verb: "reject"; readonly why: string };

/** What became of a settlement; `dead` = it gave the message up. Who settles again is answered the same, whatever the verdict. */
export type Ending = "done" | "dead" | "lost";

/** What settling needs of the broker. */
export interface DeadLetterHome {
  /** Makes sure that the queue has a queue of dead letters. */
  prepare(queue: BrokerQueue): Promise<void>;
  /** Called after messages were moved to the named queue. */
  wake(queue: string): void;
  /** Tells the world, by the system's message `berrymq:<action>`. */
  announce(action: string, kwargs: Record<string, unknown>): void;
}

export class Settling {
  /** Leases whose settling gave the message up. */
  readonly #dead: SettledLeases;

  constructor(
    readonly home: DeadLetterHome,
    readonly engine: Engine,
    readonly clock: Clock,
    /** How many leases are remembered. */
    settledLeases: number,
  ) {
    this.#dead = new SettledLeases(settledLeases);
  }

  /** Carries verdicts out; one answer for each, in order. */
  async settle(queue: BrokerQueue, settlements: readonly Settlement[]): Promise<Ending[]> {
    const now = this.clock.now();
    const counted = settlements.filter(({ verb }) => verb === "retry" || verb === "reject").map(({ lease }) => lease);
    const held = counted.length > 0 ? await this.engine.held(queue.name, counted, now) : [];
    const claims = new Map(held.map((claim, index) => [counted[index]!, claim]));
    const verdicts = settlements.map((settlement) => this.#verdict(queue, settlement, claims.get(settlement.lease)));
    const settled = await this.#carryOut(queue, verdicts, now);
    return settled.map((each, index) => this.#ending(settlements[index]!, verdicts[index]!, each));
  }

  /** Ends leases that their holders left, uncounted: a verdict that comes later is lost, since the message goes to somebody else. */
  async takeBack(queue: BrokerQueue, released: readonly Settlement[]): Promise<void> {
    const verdicts = released.map((settlement) => this.#verdict(queue, settlement, undefined));
    await this.#carryOut(queue, verdicts, 0);
  }

  /** Ends leases that ran out: each counts as an attempt. */
  async lapse(queue: BrokerQueue, claims: readonly Claim[]): Promise<void> {
    const verdicts = claims.map((claim) => this.#afterAttempt(queue, claim, "the lease ran out", 0));
    await this.#carryOut(queue, verdicts, 0);
  }

  /** Tells of messages that were lost unread (`berrymq:drop`). */
  dropped(queue: BrokerQueue, bodies: readonly Buffer[], reason: "expired" | "overflow"): void {
    for (const body of bodies) {
      const { id, identifier, sender } = queueFields(body);
      // The loss of the system's own is not told: a queue that keeps such words would never come to an end.
      if (identifier.startsWith(`${RESERVED_NAME}:`)) continue;
      this.home.announce("drop", { queue: queue.name, message_id: id, identifier, sender, reason });
    }
  }

  #ending({ lease, verb }: Settlement, { kind }: Verdict, settled: Settled): Ending {
    if (settled === "lost") return "lost";
    const givenUp = kind === "move" || (kind === "forget" && verb !== "ack");
    if (settled === "done" && givenUp) this.#dead.add(lease);
    return this.#dead.has(lease) ? "dead" : "done";
  }

  #verdict(queue: BrokerQueue, settlement: Settlement, claim: Claim | undefined): Verdict {
    const { lease } = settlement;
    if (settlement.verb === "ack") return { lease, kind: "forget" };
    if (settlement.verb === "retry" && claim) return this.#afterAttempt(queue, claim, "retried", settlement.delay);
    if (settlement.verb === "reject" && claim) return this.#bury(queue, claim, settlement.why);
    // Released; or the lease no longer holds, which the engine answers whatever the verdict.
    return { lease, kind: "return", at: 0, counted: false };
  }

  /** What becomes of a claim whose counted attempt failed: another one after `delay` microseconds, or the dead letters. */
  #afterAttempt(queue: BrokerQueue, claim: Claim, why: string, delay: number | undefined): Verdict {
    const { attempt, lease } = claim;
    const most = queue.options.maxAttempts;
    if (attempt >= most) return this.#bury(queue, claim, `${why} after attempt ${attempt} of ${most}`);
    const at = delay === 0 ? 0 : this.clock.now() + (delay ?? backoffOf(queue, attempt));
    return { lease, kind: "return", at, counted: true };
  }

  /** Gives a message up. A dead letter that is given up is forgotten: there is nowhere further to go. */
  #bury(queue: BrokerQueue, claim: Claim, why: string): Verdict {
    if (queue.name.endsWith(DEAD_SUFFIX)) return { lease: claim.lease, kind: "forget" };
    const at = new Date(this.clock.wall() / 1000).toISOString();
    const death = { queue: queue.name, reason: why, attempts: claim.attempt, at };
    const body = withAttributes(claim.body, {
      "berrymq-dead-queue": queue.name,
      "berrymq-dead-reason": why,
      "berrymq-dead-attempts": String(claim.attempt),
      "berrymq-dead-at": at,
      "berrymq-dead-history": JSON.stringify([...historyOf(claim.body), death].slice(-LONGEST_HISTORY)),
    });
    return { lease: claim.lease, kind: "move", queue: queue.name + DEAD_SUFFIX, body };
  }

  async #carryOut(queue: BrokerQueue, verdicts: readonly Verdict[], now: number): Promise<Settled[]> {
    if (verdicts.some(({ kind }) => kind === "move")) await this.home.prepare(queue);
    const settled = await this.engine.settle(queue.name, verdicts, now);
    verdicts.forEach((verdict, index) => {
      if (settled[index] === "done") this.#followUp(queue, verdict);
    });
    queue.wake();
    return settled;
  }

  #followUp(queue: BrokerQueue, verdict: Verdict): void {
    // Soon: it may have expired while it was leased, and tells itself when to look again.
    if (verdict.kind === "return") queue.lookAt(this.clock.now());
    if (verdict.kind !== "move") return;
    this.home.wake(verdict.queue);
    this.home.announce("dead_letter", { queue: queue.name, dead_queue: verdict.queue, ...deathOf(verdict.body) });
  }
}

/** What `berrymq:dead_letter` tells of a dead letter. */
function deathOf(body: Buffer): Record<string, unknown> {
  const { id, identifier, sender, attributes } = Message.decode(body);
  const attempts = Number(attributes["berrymq-dead-attempts"]);
  return { message_id: id, identifier, sender, reason: attributes["berrymq-dead-reason"], attempts };
}

/** Deaths that a dead letter tells of; the latest are kept. */
const LONGEST_HISTORY = 10;

/** What a message that was redriven before tells of its earlier deaths. An attribute of that name that is not ours tells nothing. */
function historyOf(body: Buffer): unknown[] {
  const history = Message.decode(body).attributes["berrymq-dead-history"] ?? "[]";
  try {
    const deaths: unknown = JSON.parse(history);
    return Array.isArray(deaths) ? deaths : [];
  } catch {
    return [];
  }
}

/** The queue's waiting time after the given counted attempt, in microseconds. */
function backoffOf(queue: BrokerQueue, attempt: number): number {
  return Math.min(queue.options.backoffFirst * 2 ** Math.min(attempt - 1, 50), queue.options.backoffMost);
}
