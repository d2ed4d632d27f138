// A queue whose messages a gateway keeps.
import { machineClock } from "./clock.js";
import { BerryMQError } from "./errors.js";
import { parseIdentifier } from "./identifier.js";
import { from, type Message, type Origin } from "./message.js";
import type { Keeper } from "./queue.js";
import { meets } from "./queue-patterns.js";
import type {
  Consumer,
  GetOptions,
  Handed,
  QueueCalls,
  QueueDescription,
  QueueSpec,
  ToldQueue,
  Verdict,
} from "./transports/queue-calls.js";

/** Milliseconds between tries of a waiting get while there is no connection. */
const PAUSE = 100;
/** Seconds of one wait; a longer one is made of several, since gateways bound it. */
const WAIT_AT_MOST = 60;

/** What a queue asks of the link. */
export interface GatewayCalls {
  /** Where messages are published on. */
  readonly origin: Origin;
  /** The calls of the connection that stands now. @throws Unavailable while none does */
  calls(): QueueCalls;
  /** How many connections there have been: a queue may be gone with the gateway of an older one. */
  connections(): number;
}

/** When a queue was made, or made again. */
interface Making {
  readonly connection: number;
  readonly done: Promise<void>;
}

export class GatewayQueue implements Keeper {
  readonly clock = machineClock;
  private making: Making;
  /** As the gateway last told of it. */
  private told: ToldQueue | undefined;

  /** How the queue stood when a stream of deliveries began: another call may have made it again before that stream failed. */
  private readonly begun = new WeakMap<Consumer, Making>();

  /**
   * @param spec what was said of it; undefined = it is somebody else's to make
   * @param asItIs a queue of that name may have any options, and patterns that meet the one of `spec`
   */
  constructor(
    readonly name: string,
    private readonly gateway: GatewayCalls,
    private readonly spec?: QueueSpec,
    private readonly asItIs = false,
  ) {
    this.making = { connection: gateway.connections(), done: Promise.resolve() };
  }

  /** Empty for a queue that others make. */
  get patterns(): readonly string[] {
    return this.told?.patterns ?? this.spec?.patterns ?? [];
  }

  /** Makes the queue, or opens the one that is there. @throws QueueExists; InvalidArgument where its name alone makes none */
  async make(): Promise<void> {
    const connection = this.gateway.connections();
    await this.create(this.spec!);
    this.making = { connection, done: Promise.resolve() };
  }

  async get(options: GetOptions): Promise<readonly Handed[]> {
    try {
      const wait = Math.min(WAIT_AT_MOST, options.wait);
      const handed = await this.call((calls) => calls.get(this.name, { ...options, wait }));
      for (const { message } of handed) this.adopt(message);
      return handed;
    } catch (error) {
      const lost = error instanceof BerryMQError && (error.reason === "UNAVAILABLE" || error.reason === "DRAINING");
      if (!lost || options.wait <= 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(PAUSE, options.wait * 1000)));
      return [];
    }
  }

  async settle(leaseId: string, verdict: Verdict): Promise<boolean> {
    return this.gateway.calls().settle(this.name, leaseId, verdict);
  }

  async extend(leaseId: string, seconds: number | undefined): Promise<Date> {
    return this.gateway.calls().extend(this.name, leaseId, seconds);
  }

  describe(): Promise<QueueDescription> {
    return this.call((calls) => calls.describe(this.name));
  }

  async peek(max: number): Promise<readonly Message[]> {
    const messages = await this.call((calls) => calls.peek(this.name, max));
    for (const message of messages) this.adopt(message);
    return messages;
  }

  adopt(message: Message): void {
    from(this.gateway.origin, message);
  }

  purge(): Promise<number> {
    return this.call((calls) => calls.purge(this.name));
  }

  pause(): Promise<void> {
    return this.call((calls) => calls.pause(this.name));
  }

  resume(): Promise<void> {
    return this.call((calls) => calls.resume(this.name));
  }

  async remove(): Promise<void> {
    await this.gateway.calls().remove(this.name);
  }

  async redrive(max: number, rate: number, ids?: readonly string[]): Promise<number> {
    return this.gateway.calls().redrive(this.name, max, rate, ids);
  }

  consume(credit: number, autoAck: boolean): Consumer {
    const consumer = this.gateway.calls().consume(this.name, credit, autoAck);
    this.begun.set(consumer, this.making);
    return consumer;
  }

  restored(error: unknown, consumer: Consumer | undefined): Promise<boolean> {
    return this.remade(error, (consumer && this.begun.get(consumer)) ?? this.making);
  }

  dead(): Keeper {
    return new GatewayQueue(`${this.name}.dead`, this.gateway);
  }

  /** What cannot be removed now expires with the session. */
  async close(): Promise<void> {
    if (this.spec?.standalone) await this.remove().catch(() => {});
  }

  private async call<T>(work: (calls: QueueCalls) => Promise<T>): Promise<T> {
    const { making } = this;
    try {
      return await work(this.gateway.calls());
    } catch (error) {
      if (!(await this.remade(error, making))) throw error;
      return work(this.gateway.calls());
    }
  }

  /**
   * Makes the queue again when it was not found and the connection is not the one on which it was made: its gateway kept all
   * in memory and was restarted. Otherwise somebody deleted it. Once for each connection, however many calls ask.
   */
  private async remade(error: unknown, seen: Making): Promise<boolean> {
    const { spec, told, gateway } = this;
    if (spec === undefined || !(error instanceof BerryMQError) || error.reason !== "QUEUE_NOT_FOUND") return false;
    if (this.making === seen) {
      const connection = gateway.connections();
      const as = told?.patterns.length ? told : spec;
      // Dead letters, opened by their name, come and go with their queue.
      if (connection === seen.connection || as.patterns.length === 0) return false;
      this.making = { connection, done: this.create(as) };
    }
    await this.making.done;
    return true;
  }

  /** One that somebody made otherwise since then need only be what was asked for. */
  private async create(queue: QueueSpec | ToldQueue): Promise<void> {
    const calls = this.gateway.calls();
    try {
      this.told = await calls.create(queue);
    } catch (error) {
      if ((error as BerryMQError).reason !== "QUEUE_EXISTS" || (queue === this.spec && !this.asItIs)) throw error;
      const told = this.asItIs ? await calls.describe(this.name) : await calls.create(this.spec!);
      if (this.asItIs && !meets(told.patterns, parseIdentifier(this.spec!.patterns[0]!))) throw error;
      this.told = told;
    }
  }
}
