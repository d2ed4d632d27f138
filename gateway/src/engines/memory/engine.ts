// The engine that keeps everything in this process and nothing beyond it.
import type { Limits } from "../../limits.js";
import type { QueueOptions } from "../../model/queue-options.js";
import type {
  Append,
  Capabilities,
  Claim,
  Engine,
  Kept,
  Lapsed,
  QueueStats,
  Settled,
  Shown,
  Verdict,
} from "../engine.js";
import { MemoryQueue } from "./memory-queue.js";

export class MemoryEngine implements Engine {
  readonly capabilities: Capabilities = { name: "memory", durable: false, shared: false };
  readonly full: boolean = false;
  #queues = new Map<string, MemoryQueue>();

  constructor(readonly limits: Pick<Limits, "settledLeases">) {}

  async open(): Promise<Kept> {
    return { queues: [], progress: [] };
  }

  async putQueue(options: QueueOptions): Promise<void> {
    if (this.#queues.has(options.name)) return;
    this.#queues.set(options.name, new MemoryQueue(this.limits.settledLeases));
  }

  async deleteQueue(queue: string): Promise<void> {
    this.#queues.delete(queue);
  }

  async append(entries: readonly Append[]): Promise<void> {
    // All of them are found before anything happens: an append happens whole or not at all.
    const queues = entries.map(({ queue }) => this.#queue(queue));
    entries.forEach((entry, index) => queues[index]!.append(entry));
  }

  async claim(queue: string, max: number, now: number, until?: number): Promise<Claim[]> {
    return this.#queue(queue).claim(max, now, until);
  }

  async held(queue: string, leases: readonly string[], now: number): Promise<(Claim | undefined)[]> {
    return leases.map((lease) => this.#queue(queue).held(lease, now));
  }

  async settle(queue: string, verdicts: readonly Verdict[], now: number): Promise<Settled[]> {
    const move = (append: Append) => this.#queue(append.queue).append(append);
    for (const verdict of verdicts) if (verdict.kind === "move") this.#queue(verdict.queue);
    return verdicts.map((verdict) => this.#queue(queue).settle(verdict, now, move));
  }

  async extend(queue: string, leases: readonly string[], now: number, until: number): Promise<boolean[]> {
    return leases.map((lease) => this.#queue(queue).extend(lease, now, until));
  }

  async lapsed(queue: string, now: number): Promise<Lapsed> {
    return this.#queue(queue).lapsed(now);
  }

  dropOldest(queue: string, max: number): Buffer[] {
    return this.#queue(queue).dropOldest(max);
  }

  async peek(queue: string, max: number, now: number): Promise<Shown[]> {
    return this.#queue(queue).peek(max, now);
  }

  async purge(queue: string, numbers?: readonly number[]): Promise<number> {
    return this.#queue(queue).purge(numbers);
  }

  stats(queue: string, now: number): QueueStats {
    return this.#queue(queue).stats(now);
  }

  async close(): Promise<void> {
    this.#queues.clear();
  }

  #queue(name: string): MemoryQueue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Error(`no queue ${JSON.stringify(name)} in the memory engine`);
    return queue;
  }
}
