// Queues as RestMQ knows them: made by the first message, which is a text; each message has a key, its number in the queue; who asks takes.
// `x` is the broker's queue `x`, bound to `x:*`: what is added here is published as `x:add`.
import type { Broker } from "../broker/broker.js";
import type { BrokerQueue } from "../broker/queue.js";
import { Session } from "../broker/session.js";
import type { Shown } from "../engines/engine.js";
import { Message } from "../gen/berrymq/v1/message.js";
import { MAX_AT_ONCE } from "../limits.js";
import { SECOND } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { type Identifier, matches, readTarget } from "../model/identifier.js";
import { asEntry, newMessageId } from "../model/message.js";
import { DEFAULTS, readQueueName } from "../model/queue-options.js";
import { LiveConsumer, type Outlet } from "./live-consumer.js";
import { Looks } from "./looks.js";

/** How a queue stands. */
export interface Standing {
  readonly name: string;
  /** Messages that wait. */
  readonly length: number;
  /** False while nothing is pushed to live consumers. */
  readonly flowing: boolean;
  /** Each live consumer gets each message, or one of them in turn. */
  readonly broadcast: boolean;
}

/** What was wished for a queue before it was made. */
interface Wishes {
  broadcast?: boolean;
  flowing?: boolean;
}

export class KeyedQueues {
  readonly #wishes = new Map<string, Wishes>();
  readonly #consumers = new Map<string, Set<LiveConsumer>>();
  readonly #looks = new Looks();

  constructor(readonly broker: Broker) {}

  /** Where messages are kept, for people. */
  get storage(): string {
    return `berryMQ (${this.broker.engine.capabilities.name})`;
  }

  /** Adds a text, which lives `ttl` seconds; absent = until it is taken. Tells its number once it is kept. @throws Refusal */
  async add(name: string, text: string, ttl?: number): Promise<number> {
    const identifier = readTarget(`${readQueueName(name)}:add`);
    const queue = this.#find(identifier, name) ?? this.#make(identifier, name);
    const wall = this.broker.clock.wall();
    const message = Message.fromPartial({
      id: newMessageId(),
      identifier: identifier.text,
      contentType: "text/plain; charset=utf-8",
      payload: Buffer.from(text),
      publishedAt: BigInt(wall),
      expiresAt: ttl === undefined ? 0n : BigInt(wall + ttl * SECOND),
    });
    const entry = asEntry(Buffer.from(Message.encode(message).finish()));
    const intake = this.broker.publish(new Session("", ""), entry, { first: 0, skip: 0, resent: false });
    const refused = intake.refused[0];
    if (refused !== undefined) throw refused.refusal;
    // Nothing else was appended since: this is still the turn's one step.
    const { last } = queue.stats();
    await intake.stored;
    return last;
  }

  /** Takes the oldest message for good. */
  async pop(name: string, signal: AbortSignal): Promise<Shown | undefined> {
    const queue = this.broker.queues.find(name);
    const [taken] = queue === undefined ? [] : await queue.get(1, undefined, 0, signal);
    return taken;
  }

  /** Shows the oldest message, and how often it was shown. */
  async look(name: string): Promise<{ message: Shown; count: number } | undefined> {
    const [message] = (await this.broker.queues.find(name)?.peek(1)) ?? [];
    return message && { message, count: this.#looks.count(name, message.number) };
  }

  /** Forgets one message that waits; false when there is none of that number. */
  async remove(name: string, number: number): Promise<boolean> {
    const removed = await this.broker.queues.find(name)?.purge([number]);
    return removed === 1;
  }

  /** Forgets every message and ends the live consumers; false when there was none. Numbers, policy and flow stay. */
  async purge(name: string): Promise<boolean> {
    const queue = this.broker.queues.find(name);
    const held = queue !== undefined && queue.stats().ready > 0;
    await Promise.all([...(this.#consumers.get(name) ?? [])].map((consumer) => consumer.purge()));
    await queue?.purge();
    return held;
  }

  /** Undefined = it was never asked for and never made. */
  standing(name: string): Partial<Standing> {
    const queue = this.broker.queues.find(name);
    return queue === undefined ? { name, ...this.#wishes.get(name) } : standingOf(queue);
  }

  /** Every queue, in order of name. */
  all(): Standing[] {
    return this.broker.queues.after("", this.broker.queues.size).map(standingOf);
  }

  async setPolicy(name: string, broadcast: boolean): Promise<void> {
    if (this.broker.queues.find(name) === undefined) return this.#wish(name, { broadcast });
    await this.broker.queues.setPolicy(name, broadcast);
  }

  /** Lets messages flow to live consumers, or halts them. */
  async setFlowing(name: string, flowing: boolean): Promise<void> {
    if (this.broker.queues.find(name) === undefined) return this.#wish(name, { flowing });
    await this.broker.queues.setPaused(name, { pushing: !flowing });
  }

  /** Numbers of the newest messages, the newest first. Of a long queue these are the last numbers given, which wait as a rule. */
  async newest(name: string, count: number): Promise<number[]> {
    const queue = this.broker.queues.find(name);
    if (queue === undefined) return [];
    const { ready, last } = queue.stats();
    if (ready > MAX_AT_ONCE) return Array.from({ length: count }, (_, back) => last - back);
    const numbers = (await queue.peek(MAX_AT_ONCE)).map(({ number }) => number);
    return numbers.sort((one, other) => other - one).slice(0, count);
  }

  /** Writes messages to the outlet until it is closed; the queue need not be there yet. */
  consume(name: string, outlet: Outlet): { close(): void } {
    const consumers = this.#consumers.get(name) ?? new Set();
    const left = () => {
      consumers.delete(consumer);
      if (consumers.size === 0 && this.#consumers.get(name) === consumers) this.#consumers.delete(name);
    };
    const consumer = new LiveConsumer(this.broker, readQueueName(name), outlet);
    this.#consumers.set(name, consumers.add(consumer));
    return {
      close: () => {
        left();
        consumer.close().catch(this.broker.report);
      },
    };
  }

  #find(identifier: Identifier, name: string): BrokerQueue | undefined {
    const queue = this.broker.queues.find(name);
    if (queue === undefined || queue.options.patterns.some((pattern) => matches(pattern, identifier))) return queue;
    const patterns = queue.options.patterns.map(({ text }) => text).join(", ");
    throw new Refusal(
      "QUEUE_EXISTS",
      `the queue ${JSON.stringify(name)} keeps ${patterns || "nothing that is published"}, not ${identifier.text}; use another one`,
    );
  }

  #make(identifier: Identifier, name: string): BrokerQueue {
    const { broadcast = true } = this.#wishes.get(name) ?? {};
    this.#wishes.delete(name);
    const pattern = { ...identifier, text: `${identifier.name}:*`, action: "*" };
    return this.broker.queues.make({ ...DEFAULTS, name, patterns: [pattern], owner: "", dropOldest: false, broadcast });
  }

  #wish(name: string, wishes: Wishes): void {
    const known = this.#wishes.get(readQueueName(name));
    if (known === undefined && this.#wishes.size >= this.broker.limits.queues) {
      const limit = this.broker.limits.queues;
      throw new Refusal("LIMIT_REACHED", `settings of ${limit} queues without messages are kept, which is the limit`);
    }
    this.#wishes.set(name, { ...known, ...wishes });
  }
}

function standingOf(queue: BrokerQueue): Standing {
  const { name, options, pauses } = queue;
  return { name, length: queue.stats().ready, flowing: !pauses.pushing, broadcast: options.broadcast };
}
