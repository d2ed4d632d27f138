// A queue as the broker sees it: its options, its bounds, and who waits for its messages. What it holds is the engine's.
import type { Append, Engine, QueueStats, Shown } from "../engines/engine.js";
import { type Clock, SECOND, type Timer, toWall } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { type QueueFields, queueFields } from "../model/fields.js";
import type { QueueOptions } from "../model/queue-options.js";
import { Broadcast, leaseOf } from "./broadcast.js";
import { RecentIds } from "./recent-ids.js";
import type { Ending, Settlement, Settling } from "./settling.js";
import { type Delivery, type Taker, Takers } from "./takers.js";

/** Deliveries handed out in one piece, so that one greedy consumer does not keep a long list in memory. */
const MOST_AT_ONCE = 1000;

/** Takes note of a fault that no caller can be told of. */
export type Report = (error: unknown) => void;

/** What a queue does not do for a while. */
export interface Pauses {
  /** Nothing is handed out. */
  readonly all: boolean;
  /** Nothing is pushed to consumers; whoever asks gets. */
  readonly pushing: boolean;
}

export class BrokerQueue {
  readonly #takers = new Takers();
  readonly #recent: RecentIds;
  readonly #broadcast = new Broadcast();
  #planned = { messages: 0, bytes: 0 };
  #handing = false;
  #closed = false;
  #again = false;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(
    public options: QueueOptions,
    public pauses: Pauses,
    readonly engine: Engine,
    readonly clock: Clock,
    readonly settling: Settling,
    /** Told of what fails where nobody waits for an answer. */
    readonly report: Report,
  ) {
    this.#recent = new RecentIds(options.dedupe);
  }

  /** Remembers what it took before a restart. */
  recall(messages: Iterable<Buffer>): void {
    const oldest = this.clock.now() - this.options.dedupe;
    for (const body of messages) {
      const { id, publishedAt } = queueFields(body);
      if (publishedAt < oldest) break;
      this.#recent.add(id, publishedAt);
    }
  }

  get name(): string {
    return this.options.name;
  }

  get paused(): boolean {
    return this.pauses.all;
  }

  get consumers(): number {
    return this.#takers.size;
  }

  stats(): QueueStats {
    return this.engine.stats(this.name, this.clock.now());
  }

  /** Makes sure that one more message fits, now or once the oldest made room. The caller appends it in this turn. */
  admit(bytes: number): Refusal | undefined {
    if (this.engine.full && !this.options.transient) return noRoom();
    if (bytes > this.options.maxBytes || !(this.options.dropOldest || this.#fits(bytes))) return this.#full();
    this.#planned.messages++;
    this.#planned.bytes += bytes;
    return undefined;
  }

  /** Another queue had no room for what was admitted last, so that it is appended nowhere. */
  withdraw(bytes: number): void {
    this.#planned.messages--;
    this.#planned.bytes -= bytes;
  }

  /** Whether the message was kept within the window for doubles. */
  remembers(id: string): boolean {
    return this.#recent.has(id, this.clock.now());
  }

  /** What to hand to the engine for an admitted message. */
  entry(body: Buffer, fields: QueueFields): Append {
    const { ttl, delay, name } = this.options;
    const [now, wall] = [this.clock.now(), this.clock.wall()];
    // A publisher's clock that runs ahead does not lengthen the life of its messages.
    const published = Math.min(fields.publishedAt || wall, wall);
    const behind = now - wall;
    const due = behind + Math.max(fields.deliverAt, delay > 0 ? published + delay : 0);
    const expires = behind + Math.min(fields.expiresAt || Infinity, ttl > 0 ? published + ttl : Infinity);
    this.#recent.add(fields.id, now);
    this.lookAt(Math.min(due > now ? due : Infinity, expires));
    return {
      queue: name,
      body,
      priority: fields.priority,
      due: due > now ? due : 0,
      expires: expires === Infinity ? 0 : expires,
    };
  }

  /** What was admitted was handed to the engine, which counts it now. */
  appended(): void {
    this.#planned = { messages: 0, bytes: 0 };
  }

  /** The engine has what was appended. */
  stored(): void {
    if (this.options.dropOldest) this.#makeRoom();
    this.wake();
  }

  /** The engine could not keep it. */
  notStored(id: string): void {
    this.#recent.delete(id);
  }

  /** Leases messages at once, or waits for the first of them until `wait` microseconds are over or the signal is given. */
  async get(max: number, lease: number | undefined, wait: number, signal: AbortSignal): Promise<Delivery[]> {
    if (!this.paused && (wait === 0 || !this.#takers.waiting)) {
      const deliveries = await this.#claim(max, lease);
      if (!signal.aborted && deliveries.length > 0) return deliveries;
      await this.giveBack(deliveries);
    }
    return wait === 0 || signal.aborted ? [] : this.#wait(max, lease, wait, signal);
  }

  #wait(max: number, lease: number | undefined, wait: number, signal: AbortSignal): Promise<Delivery[]> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(wait, () => finish([]));
      const finish = (deliveries: Delivery[]) => {
        this.#takers.remove(taker);
        timer.cancel();
        signal.removeEventListener("abort", cancel);
        resolve(deliveries);
      };
      const cancel = () => finish([]);
      const taker: Taker = { lease, pushed: false, want: () => max, give: finish, gone: reject };
      signal.addEventListener("abort", cancel);
      this.attach(taker);
    });
  }

  /** Has deliveries handed to the taker, in turn with the others, until it is detached. */
  attach(taker: Taker): void {
    this.#takers.add(taker);
    // Who comes in the same turn is served together with it.
    queueMicrotask(() => this.wake());
  }

  detach(taker: Taker): void {
    this.#takers.remove(taker);
  }

  /** Something may have become available, or somebody may want more: hands out what it can, soon. */
  wake(): void {
    this.#again = true;
    if (this.#handing || this.#closed) return;
    this.#handing = true;
    this.#handOut().catch(this.report);
  }

  /** Carries verdicts out; one answer for each, in order. */
  async settle(settlements: readonly Settlement[]): Promise<Ending[]> {
    const whole = settlements.map((each) => this.#broadcast.settle(each));
    const known = whole.filter((each) => each !== undefined);
    const settled = await this.settling.settle(this, known);
    let next = 0;
    return whole.map((each) => (each === undefined ? "done" : settled[next++]!));
  }

  /** Moves the end of leases to `lease` microseconds from now; tells the new end by the wall clock, or undefined where a lease is lost. */
  async extend(leases: readonly string[], lease: number): Promise<(number | undefined)[]> {
    const now = this.clock.now();
    const held = await this.engine.extend(this.name, leases.map(leaseOf), now, now + lease);
    this.lookAt(now + lease);
    const end = toWall(this.clock, now + lease);
    return held.map((holds) => (holds ? end : undefined));
  }

  peek(max: number): Promise<Shown[]> {
    return this.engine.peek(this.name, max, this.clock.now());
  }

  /** Forgets what nobody leases, or of that the messages with these numbers; tells how many. */
  purge(numbers?: readonly number[]): Promise<number> {
    return this.engine.purge(this.name, numbers);
  }

  /** Goes on with other pauses or another policy. */
  alter(options: QueueOptions, pauses: Pauses): void {
    this.options = options;
    this.pauses = pauses;
    this.wake();
  }

  /** Ends the consumers: a newer one takes over. */
  dismissConsumers(refusal: Refusal): void {
    this.#takers.dismiss(refusal);
  }

  /** The queue is deleted: whoever waits learns it. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#takers.close(new Refusal("QUEUE_NOT_FOUND", `the queue ${JSON.stringify(this.name)} was deleted`));
  }

  /** Looks after leases and delays at the given time, in microseconds, or sooner. */
  lookAt(time: number): void {
    if (time >= this.#timerAt || this.#closed) return;
    this.#timer?.cancel();
    this.#timerAt = time;
    this.#timer = this.clock.after(time - this.clock.now(), () => {
      this.#timerAt = Infinity;
      this.#lookAfter().catch((error: unknown) => {
        this.report(error);
        this.lookAt(this.clock.now() + SECOND);
      });
    });
  }

  async #handOut(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#handOutOnce();
      }
    } finally {
      this.#handing = false;
    }
  }

  async #handOutOnce(): Promise<void> {
    for (let taker = this.#nextTaker(); taker !== undefined; taker = this.#nextTaker()) {
      const takers = this.#together(taker);
      if (takers.length === 0) return;
      const most = Math.min(...takers.map((each) => each.want()), MOST_AT_ONCE);
      const deliveries = await this.#claim(most, longestLease(takers, this.options));
      if (deliveries.length === 0 || this.#closed) return;
      if (takers.length > 1) await this.#handAround(deliveries, takers);
      else if (this.#takers.has(taker)) {
        this.#takers.goBehind(taker);
        this.#broadcast.served(taker, deliveries[0]!.until);
        taker.give(deliveries);
      } else await this.giveBack(deliveries);
    }
  }

  #nextTaker(): Taker | undefined {
    return this.paused ? undefined : this.#takers.next(!this.pauses.pushing);
  }

  /** Who is served together with a taker; nobody where one has to be waited for. */
  #together(taker: Taker): Taker[] {
    if (!this.options.broadcast || !taker.pushed) return [taker];
    const now = this.clock.now();
    const consumers = this.#takers.pushed();
    const ready = consumers.filter((each) => each.want() > 0);
    return consumers.some((each) => each.want() === 0 && this.#broadcast.busy(each, now)) ? [] : ready;
  }

  /** Hands each delivery to every taker that is still there. */
  async #handAround(deliveries: readonly Delivery[], takers: readonly Taker[]): Promise<void> {
    const here = takers.filter((taker) => this.#takers.has(taker));
    if (here.length === 0) return this.giveBack(deliveries);
    const done = deliveries.map((delivery) => this.#broadcast.give(delivery, here));
    await this.settling.settle(
      this,
      done.filter((each) => each !== undefined),
    );
  }

  /**
   * Returns deliveries that nobody settles any more, uncounted. A verdict that comes for one after all is LEASE_LOST. What was
   * acknowledged on the way out has no lease and is appended anew.
   */
  async giveBack(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const [leased, gone] = [deliveries.filter((each) => each.lease), deliveries.filter((each) => !each.lease)];
    if (gone.length > 0) await this.engine.append(gone.map(({ body }) => this.entry(body, queueFields(body))));
    const released = leased.map(({ lease }) => this.#broadcast.settle({ lease, verb: "release" }));
    const whole = released.filter((each) => each !== undefined);
    if (whole.length > 0) await this.settling.takeBack(this, whole);
    this.wake();
  }

  async #claim(max: number, lease: number | undefined): Promise<Delivery[]> {
    const now = this.clock.now();
    const until = lease === undefined ? undefined : now + lease;
    const claims = await this.engine.claim(this.name, max, now, until);
    if (until !== undefined && claims.length > 0) this.lookAt(until);
    const deadline = until === undefined ? 0 : toWall(this.clock, until);
    return claims.map((claim) => ({ ...claim, until: until ?? 0, deadline }));
  }

  /** Ends leases that ran out, which counts as an attempt, and sets the timer anew. */
  async #lookAfter(): Promise<void> {
    if (this.#closed) return;
    const { claims, expired, next } = await this.engine.lapsed(this.name, this.clock.now());
    this.settling.dropped(this, expired, "expired");
    for (const { lease } of claims) this.#broadcast.forget(lease);
    if (claims.length > 0) await this.settling.lapse(this, claims);
    if (next !== undefined) this.lookAt(next);
    this.wake();
  }

  #makeRoom(): void {
    while (!this.#fits(0, 0)) {
      const dropped = this.engine.dropOldest(this.name, 1);
      if (dropped.length === 0) return;
      this.settling.dropped(this, dropped, "overflow");
    }
  }

  #fits(bytes: number, count = 1): boolean {
    const held = this.stats();
    const messages = held.ready + held.delayed + held.leased + this.#planned.messages;
    return (
      messages + count <= this.options.maxMessages && held.bytes + this.#planned.bytes + bytes <= this.options.maxBytes
    );
  }

  #full(): Refusal {
    const { maxMessages, maxBytes } = this.options;
    const bounds = `${maxMessages} messages, ${maxBytes} bytes`;
    return new Refusal(
      "QUEUE_FULL",
      `the queue ${JSON.stringify(this.name)} is at its bound (${bounds}); consume or purge it`,
    );
  }
}

/** Why an engine that is full takes nothing. */
export function noRoom(): Refusal {
  return new Refusal("STORAGE_FAILED", "the gateway's disk is full; make room there, or settle or purge what is kept");
}

/** One taker's own lease, or none; several share the longest, and who acknowledges on the way out has settled already. */
function longestLease(takers: readonly Taker[], options: QueueOptions): number | undefined {
  if (takers.length === 1) return takers[0]!.lease;
  return Math.max(...takers.map(({ lease }) => lease ?? options.lease));
}
