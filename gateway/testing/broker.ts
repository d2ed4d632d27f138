// A broker for tests: on a clock that stands still, over the memory engine, with the limits of the test.
import { Broker } from "../src/broker/broker.js";
import type { Follower } from "../src/broker/follower.js";
import type { Intake } from "../src/broker/intake.js";
import type { BrokerQueue } from "../src/broker/queue.js";
import { Session } from "../src/broker/session.js";
import type { Engine } from "../src/engines/engine.js";
import { MemoryEngine } from "../src/engines/memory/engine.js";
import { type DeepPartial, Queue } from "../src/gen/berrymq/v1/queue.js";
import { defaultLimits, type Limits } from "../src/limits.js";
import { readAskedQueue } from "../src/model/asked-queue.js";
import { readIdentifier } from "../src/model/identifier.js";
import { VirtualClock } from "../src/model/virtual-clock.js";

export class TestBroker {
  readonly clock = new VirtualClock();
  /** Faults that the broker reported. */
  readonly faults: unknown[] = [];
  readonly limits: Limits;
  readonly broker: Broker;

  constructor(limits: Partial<Limits> = {}, engine: Engine = new MemoryEngine(defaultLimits)) {
    this.limits = { ...defaultLimits, ...limits };
    this.broker = new Broker(engine, this.clock, this.limits, (fault) => this.faults.push(fault));
  }

  follow(pattern: string, options: { session?: Session; answers?: boolean } = {}): Follower {
    const follower = this.broker.addFollower(options.session ?? new Session("", ""));
    this.broker.follow(follower, {
      identifier: readIdentifier(pattern),
      answers: options.answers ?? false,
      source: "",
    });
    return follower;
  }

  publish(batch: Buffer, options: { session?: Session; skip?: number; resent?: boolean } = {}): Intake {
    const session = options.session ?? new Session("", "");
    return this.broker.publish(session, batch, { first: 0, skip: options.skip ?? 0, resent: options.resent ?? false });
  }

  async queue(options: DeepPartial<Queue>, session = ""): Promise<BrokerQueue> {
    const queue = Queue.fromPartial(options);
    return (await this.broker.queues.create(readAskedQueue(queue, session), queue.paused)).queue;
  }
}

/** Lets everything that is due in this turn of the event loop happen. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
