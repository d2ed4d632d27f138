// Two engines as one: transient queues live in memory, all others in the engine that was chosen.
import type { QueueOptions } from "../model/queue-options.js";
import type {
  Append,
  Capabilities,
  Claim,
  Engine,
  Kept,
  Lapsed,
  Progress,
  QueueStats,
  Settled,
  Shown,
  Verdict,
} from "./engine.js";

export class TieredEngine implements Engine {
  readonly #transient = new Set<string>();

  constructor(
    readonly durable: Engine,
    readonly memory: Engine,
  ) {}

  get capabilities(): Capabilities {
    return this.durable.capabilities;
  }

  get full(): boolean {
    return this.durable.full;
  }

  async open(): Promise<Kept> {
    await this.memory.open();
    return this.durable.open();
  }

  putQueue(options: QueueOptions, paused: boolean, pushingPaused?: boolean): Promise<void> {
    if (options.transient) this.#transient.add(options.name);
    return this.#of(options.name).putQueue(options, paused, pushingPaused);
  }

  deleteQueue(queue: string): Promise<void> {
    const engine = this.#of(queue);
    this.#transient.delete(queue);
    return engine.deleteQueue(queue);
  }

  async append(entries: readonly Append[], progress?: Progress): Promise<void> {
    if (this.#transient.size === 0) return this.durable.append(entries, progress);
    const transient = entries.filter(({ queue }) => this.#transient.has(queue));
    const durable = entries.filter(({ queue }) => !this.#transient.has(queue));
    const kept = durable.length > 0 ? this.durable.append(durable, progress) : undefined;
    await this.memory.append(transient);
    await kept;
  }

  claim(queue: string, max: number, now: number, until?: number): Promise<Claim[]> {
    return this.#of(queue).claim(queue, max, now, until);
  }

  held(queue: string, leases: readonly string[], now: number): Promise<(Claim | undefined)[]> {
    return this.#of(queue).held(queue, leases, now);
  }

  /** A move stays within one engine: the dead letters of a transient queue are transient. */
  settle(queue: string, verdicts: readonly Verdict[], now: number): Promise<Settled[]> {
    return this.#of(queue).settle(queue, verdicts, now);
  }

  extend(queue: string, leases: readonly string[], now: number, until: number): Promise<boolean[]> {
    return this.#of(queue).extend(queue, leases, now, until);
  }

  lapsed(queue: string, now: number): Promise<Lapsed> {
    return this.#of(queue).lapsed(queue, now);
  }

  dropOldest(queue: string, max: number): Buffer[] {
    return this.#of(queue).dropOldest(queue, max);
  }

  peek(queue: string, max: number, now: number): Promise<Shown[]> {
    return this.#of(queue).peek(queue, max, now);
  }

  purge(queue: string, numbers?: readonly number[]): Promise<number> {
    return this.#of(queue).purge(queue, numbers);
  }

  stats(queue: string, now: number): QueueStats {
    return this.#of(queue).stats(queue, now);
  }

  async close(): Promise<void> {
    await this.memory.close();
    await this.durable.close();
  }

  #of(queue: string): Engine {
    return this.#transient.has(queue) ? this.memory : this.durable;
  }
}
