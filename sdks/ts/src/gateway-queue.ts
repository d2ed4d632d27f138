// A queue whose messages a gateway keeps.
import { BerryMQError } from "./errors.js";
import type { Message } from "./message.js";
import type { Keeper } from "./queue.js";
import type { Consumer, GetOptions, Handed, QueueCalls, QueueStatus, Verdict } from "./transports/queue-calls.js";

/** Milliseconds between tries of a waiting get while there is no connection. */
const PAUSE = 100;

export class GatewayQueue implements Keeper {
  /** @param calls gives the calls of the connection that stands now. @throws Unavailable while none does */
  constructor(
    readonly name: string,
    private readonly standalone: boolean,
    private readonly calls: () => QueueCalls,
  ) {}

  async get(options: GetOptions): Promise<readonly Handed[]> {
    try {
      return await this.calls().get(this.name, options);
    } catch (error) {
      const lost = error instanceof BerryMQError && (error.reason === "UNAVAILABLE" || error.reason === "DRAINING");
      if (!lost || options.wait <= 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(PAUSE, options.wait * 1000)));
      return [];
    }
  }

  async settle(leaseId: string, verdict: Verdict): Promise<void> {
    await this.calls().settle(this.name, leaseId, verdict);
  }

  async extend(leaseId: string, seconds: number | undefined): Promise<Date> {
    return this.calls().extend(this.name, leaseId, seconds);
  }

  async describe(): Promise<{ readonly maxMessages: number; readonly status: QueueStatus }> {
    return this.calls().describe(this.name);
  }

  async peek(max: number): Promise<readonly Message[]> {
    return this.calls().peek(this.name, max);
  }

  async purge(): Promise<number> {
    return this.calls().purge(this.name);
  }

  async pause(): Promise<void> {
    await this.calls().pause(this.name);
  }

  async resume(): Promise<void> {
    await this.calls().resume(this.name);
  }

  async remove(): Promise<void> {
    await this.calls().remove(this.name);
  }

  consume(credit: number, autoAck: boolean): Consumer {
    return this.calls().consume(this.name, credit, autoAck);
  }

  dead(): Keeper {
    return new GatewayQueue(`${this.name}.dead`, false, this.calls);
  }

  /** What cannot be removed now expires with the session. */
  async close(): Promise<void> {
    if (this.standalone) await this.remove().catch(() => {});
  }
}
