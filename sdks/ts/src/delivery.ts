// One handing-over of one message, to be settled once.
import type { Message } from "./message.js";
import type { Keeper } from "./queue.js";
import type { Consumer, Handed, Verdict } from "./transports/queue-calls.js";
import { checkDelay } from "./verdicts.js";

/** One handing-over of a message to one consumer, who has it until the {@link deadline}. Settling it twice is harmless. */
export class Delivery<M extends Message = Message> {
  /** @internal */
  constructor(
    private readonly handed: Handed,
    private readonly settler: Pick<Consumer, "settle">,
    private readonly keeper: Keeper,
  ) {
    this.deadline = handed.deadline;
  }

  /** When the lease ends; undefined when nothing is leased. */
  deadline: Date | undefined;

  /** What was handed over. */
  get message(): M {
    return this.handed.message as M;
  }

  /** Which counted attempt this is, from 1. */
  get attempt(): number {
    return this.handed.attempt;
  }

  /** `""` = it was acknowledged on the way out. */
  get leaseId(): string {
    return this.handed.leaseId;
  }

  /** Done: the message is forgotten. @throws LeaseLost */
  ack(): Promise<void> {
    return this.settle({ verb: "ack" });
  }

  /** Gives it back at its old place, this attempt not counted. @throws LeaseLost */
  release(): Promise<void> {
    return this.settle({ verb: "release" });
  }

  /** Gives it back after `delay` seconds, or the queue's backoff; this attempt counts. @throws LeaseLost */
  async retry(delay?: number): Promise<void> {
    if (delay !== undefined) checkDelay("retry", delay);
    return this.settle({ verb: "retry", delay });
  }

  /** Gives it up: it goes to the dead letters. @throws LeaseLost */
  reject(why?: string): Promise<void> {
    return this.settle({ verb: "reject", why });
  }

  /** Prolongs the lease to `seconds` from now, or the queue's lease. @throws LeaseLost */
  async extend(seconds?: number): Promise<void> {
    if (seconds !== undefined) checkDelay("extend", seconds);
    if (this.leaseId !== "") this.deadline = await this.keeper.extend(this.leaseId, seconds);
  }

  private async settle(verdict: Verdict): Promise<void> {
    if (this.leaseId !== "") await this.settler.settle(this.leaseId, verdict);
  }
}

/** Settling one delivery of a stream makes room for another. */
export function granting(consumer: Consumer): Pick<Consumer, "settle"> {
  return {
    settle: (leaseId, verdict) => {
      const settled = consumer.settle(leaseId, verdict);
      consumer.grant(1);
      return settled;
    },
  };
}
