// All queues of the broker, by name: made, found, removed; and the dead letters' queues, made when the first of them comes.
import type { Engine, KeptQueue } from "../engines/engine.js";
import type { Limits } from "../limits.js";
import { type AskedQueue, withDefaults } from "../model/asked-queue.js";
import type { Clock } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { queueDifferences } from "../model/queue-difference.js";
import { DEAD_SUFFIX, deadLetterOptions, type QueueOptions } from "../model/queue-options.js";
import { BrokerQueue, type Pauses, type Report } from "./queue.js";
import type { Router } from "./router.js";
import { Settling } from "./settling.js";

const AWAKE: Pauses = { all: false, pushing: false };

export class Queues {
  /** Told, by name, when a queue was made. */
  readonly #awaited = new Map<string, Set<(queue: BrokerQueue) => void>>();
  readonly #queues = new Map<string, BrokerQueue>();
  readonly #settling: Settling;

  constructor(
    readonly engine: Engine,
    readonly router: Router,
    readonly clock: Clock,
    readonly limits: Pick<Limits, "queues" | "settledLeases">,
    announce: (action: string, kwargs: Record<string, unknown>) => void,
    readonly report: Report,
  ) {
    const wake = (name: string) => this.#queues.get(name)?.wake();
    const home = { prepare: (queue: BrokerQueue) => this.#prepareDead(queue), wake, announce };
    this.#settling = new Settling(home, engine, clock, limits.settledLeases);
  }

  /** Takes up the queues that the engine kept. */
  open(kept: readonly KeptQueue[]): void {
    for (const { options, paused, pushingPaused, recent } of kept) {
      const queue = this.#add(options, { all: paused, pushing: pushingPaused });
      queue.recall(recent);
      queue.lookAt(this.clock.now());
    }
  }

  get size(): number {
    return this.#queues.size;
  }

  find(name: string): BrokerQueue | undefined {
    return this.#queues.get(name);
  }

  /** The queue of that name; the dead letters of a queue that stands are there, too. @throws Refusal QUEUE_NOT_FOUND */
  get(name: string): BrokerQueue {
    const queue = this.#queues.get(name) ?? this.#deadLetters(name);
    if (queue !== undefined) return queue;
    throw new Refusal("QUEUE_NOT_FOUND", `there is no queue ${JSON.stringify(name)}; create it first`);
  }

  /** Made now, if nothing died yet; undefined when no queue that stands has dead letters of that name. */
  #deadLetters(name: string): BrokerQueue | undefined {
    const living = name.endsWith(DEAD_SUFFIX) ? this.#queues.get(name.slice(0, -DEAD_SUFFIX.length)) : undefined;
    return living && this.make(deadLetterOptions(living.options));
  }

  /** Makes a queue of the system's own, at once; the engine follows. @throws Refusal LIMIT_REACHED */
  make(options: QueueOptions): BrokerQueue {
    this.#checkRoom();
    const queue = this.#add(options, AWAKE);
    this.#put(queue).catch(this.report);
    return queue;
  }

  /** Makes a queue, or opens the one that is there. @throws Refusal QUEUE_EXISTS, INVALID_ARGUMENT, LIMIT_REACHED */
  async create(asked: AskedQueue, paused: boolean): Promise<{ queue: BrokerQueue; created: boolean }> {
    const known = this.#queues.get(asked.name) ?? (asked.patterns ? undefined : this.#deadLetters(asked.name));
    if (known !== undefined) {
      const differences = queueDifferences(known.options, asked);
      if (differences.length === 0) return { queue: known, created: false };
      const name = JSON.stringify(asked.name);
      const told = `the queue ${name} exists with other options (${differences.join("; ")})`;
      throw new Refusal("QUEUE_EXISTS", `${told}; leave out what may be as it is, or choose another name`);
    }
    const options = withDefaults(asked);
    this.#checkRoom();
    const queue = this.#add(options, { ...AWAKE, all: paused });
    await this.#put(queue);
    return { queue, created: true };
  }

  async delete(name: string): Promise<void> {
    this.#remove(this.get(name));
    await this.engine.deleteQueue(name);
  }

  async setPaused(name: string, pauses: Partial<Pauses>): Promise<void> {
    const queue = this.get(name);
    await this.#alter(queue, queue.options, { ...queue.pauses, ...pauses });
  }

  /** Pushed to every consumer from now on, or to one of them in turn. */
  async setPolicy(name: string, broadcast: boolean): Promise<void> {
    const queue = this.get(name);
    await this.#alter(queue, { ...queue.options, broadcast }, queue.pauses);
  }

  async #alter(queue: BrokerQueue, options: QueueOptions, pauses: Pauses): Promise<void> {
    queue.alter(options, pauses);
    await this.engine.putQueue(options, pauses.all, pauses.pushing);
  }

  /** Calls back, soon, when a queue of that name is made; tells how to call that off. */
  whenMade(name: string, made: (queue: BrokerQueue) => void): () => void {
    const waiting = this.#awaited.get(name) ?? new Set();
    this.#awaited.set(name, waiting.add(made));
    return () => {
      waiting.delete(made);
      if (waiting.size === 0 && this.#awaited.get(name) === waiting) this.#awaited.delete(name);
    };
  }

  /** The queue of another's dead letters, made if it is not there. */
  async #prepareDead(queue: BrokerQueue): Promise<void> {
    if (queue.name.endsWith(DEAD_SUFFIX) || this.#queues.has(queue.name + DEAD_SUFFIX)) return;
    await this.#put(this.#add(deadLetterOptions(queue.options), AWAKE));
  }

  /** Has the engine keep it; a queue that the engine could not make is none. */
  async #put(queue: BrokerQueue): Promise<void> {
    try {
      await this.engine.putQueue(queue.options, queue.pauses.all, queue.pauses.pushing);
    } catch (error) {
      this.#remove(queue);
      throw error;
    }
  }

  #remove(queue: BrokerQueue): void {
    if (this.#queues.get(queue.name) === queue) this.#queues.delete(queue.name);
    this.router.removeQueue(queue);
    queue.close();
  }

  /** Queues after the given name, in order of name. */
  after(name: string, max: number): BrokerQueue[] {
    return [...this.#queues.values()]
      .filter((queue) => queue.name > name)
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .slice(0, max);
  }

  /** The owner of standalone queues is away: they are deleted unless it comes back in time. Tells the longest of those times. */
  ownerAway(session: string, stillAway: () => boolean): number {
    const owned = [...this.#queues.values()].filter(({ options }) => options.owner === session);
    for (const queue of owned) {
      this.clock.after(queue.options.standaloneTtl, () => {
        if (stillAway() && this.#queues.get(queue.name) === queue) this.delete(queue.name).catch(this.report);
      });
    }
    return Math.max(0, ...owned.map(({ options }) => options.standaloneTtl));
  }

  close(): void {
    for (const queue of this.#queues.values()) queue.close();
  }

  #add(options: QueueOptions, pauses: Pauses): BrokerQueue {
    const queue = new BrokerQueue(options, pauses, this.engine, this.clock, this.#settling, this.report);
    this.#queues.set(options.name, queue);
    this.router.addQueue(queue);
    // The engine learns of it in this turn, and whoever waits takes from it.
    queueMicrotask(() => this.#awaited.get(options.name)?.forEach((made) => made(queue)));
    return queue;
  }

  #checkRoom(): void {
    if (this.#queues.size < this.limits.queues) return;
    throw new Refusal("LIMIT_REACHED", `${this.limits.queues} queues stand, which is the limit; delete one`);
  }
}
