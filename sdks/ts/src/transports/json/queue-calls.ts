// The calls of queues in JSON.
import { handed, type Message, received } from "../../message.js";
import { PushedDeliveries, type Settled } from "../pushed.js";
import type {
  Consumer,
  GetOptions,
  Handed,
  QueueCalls,
  QueueDescription,
  QueueSpec,
  ToldQueue,
  Verdict,
} from "../queue-calls.js";
import type { Channel, Fields, Params } from "./channel.js";
import { readMessage } from "./codec.js";
import { known } from "./refusal.js";

export class JsonQueueCalls implements QueueCalls {
  private readonly consumers = new Set<Consumer>();

  constructor(private readonly channel: Channel) {}

  async create(queue: QueueSpec | ToldQueue): Promise<ToldQueue> {
    const fields = "told" in queue ? queue.told : queueFields(queue);
    return toldOf((await this.channel.call("queue.create", { queue: fields })).queue);
  }

  get(queue: string, { max, wait, autoAck, signal }: GetOptions): Promise<readonly Handed[]> {
    if (wait > 0 && signal !== undefined) return this.getAndAck({ queue, max, wait }, autoAck, signal);
    return this.channel.call("queue.get", { queue, max, auto_ack: autoAck }).then(toDeliveries);
  }

  async settle(queue: string, leaseId: string, verdict: Verdict): Promise<boolean> {
    const { outcomes } = await this.channel.call("queue.settle", {
      queue,
      settlements: [settlement(leaseId, verdict)],
    });
    return settledOf(check(outcomes?.[0])).dead;
  }

  async extend(queue: string, leaseId: string, seconds: number | undefined): Promise<Date> {
    const params = { queue, lease_ids: [leaseId], lease: seconds };
    const { outcomes } = await this.channel.call("queue.extend", params);
    return new Date(Number(check(outcomes?.[0]).deadline) / 1000);
  }

  async describe(queue: string): Promise<QueueDescription & ToldQueue> {
    const { queue: options = {}, status = {} } = await this.channel.call("queue.describe", { queue });
    const { ready = 0, delayed = 0, leased = 0, bytes = 0, consumers = 0 } = status;
    const [waiting, later, held, size] = [ready, delayed, leased, bytes].map(Number) as [
      number,
      number,
      number,
      number,
    ];
    return {
      maxMessages: Number(options.max_messages ?? 0),
      lease: Number(options.lease ?? 0),
      ...toldOf(options),
      status: { ready: waiting, delayed: later, leased: held, bytes: size, consumers },
    };
  }

  async peek(queue: string, max: number): Promise<readonly Message[]> {
    const { messages = [] } = await this.channel.call("queue.peek", { queue, max });
    return messages.map((message: Params) => received(readMessage(message)));
  }

  async purge(queue: string): Promise<number> {
    return Number((await this.channel.call("queue.purge", { queue })).purged ?? 0);
  }

  async remove(queue: string): Promise<void> {
    await this.channel.call("queue.delete", { queue });
  }

  async pause(queue: string): Promise<void> {
    await this.channel.call("queue.pause", { queue });
  }

  async resume(queue: string): Promise<void> {
    await this.channel.call("queue.resume", { queue });
  }

  async redrive(queue: string, max: number, rate: number, ids?: readonly string[]): Promise<number> {
    const params = { queue, max, rate, message_ids: ids };
    return Number((await this.channel.call("queue.redrive", params)).moved ?? 0);
  }

  consume(queue: string, credit: number, autoAck: boolean): Consumer {
    const consumer = new PushedDeliveries(() => this.consumers.delete(consumer));
    const subscription = this.channel.subscribe(
      "consume",
      { queue, credit, auto_ack: autoAck },
      { heard: (event, params) => hear(consumer, event, params), ended: (error) => consumer.ended(error) },
    );
    consumer.attach({
      send: (settlements, more) =>
        subscription.update({
          settlements: settlements.map(({ leaseId, verdict }) => settlement(leaseId, verdict)),
          credit: more,
        }),
      finish: () => {},
      cancel: () => subscription.end(),
    });
    this.consumers.add(consumer);
    return consumer;
  }

  /** Ends what is being consumed. */
  close(): void {
    for (const consumer of this.consumers) consumer.close();
  }

  /**
   * Waits for what may be given up meanwhile: nothing is acknowledged before it is here, and what comes after all goes back to the queue.
   */
  private async getAndAck(params: Fields, autoAck: boolean, signal: AbortSignal): Promise<readonly Handed[]> {
    signal.throwIfAborted();
    const got = this.channel.call("queue.get", params).then(toDeliveries);
    const deliveries = await unlessAborted(got, signal, (late) => void this.settleAll(params.queue, late, "release"));
    if (!autoAck || deliveries.length === 0) return deliveries;
    const { outcomes } = await this.settleAll(params.queue, deliveries, "ack");
    // What was lost meanwhile is somebody else's.
    return deliveries.filter((_, index) => !outcomes[index]?.error).map((each) => ({ ...each, leaseId: "" }));
  }

  private settleAll(queue: unknown, deliveries: readonly Handed[], verb: "ack" | "release"): Promise<Params> {
    const settlements = deliveries.map(({ leaseId }) => settlement(leaseId, { verb }));
    const settled = this.channel.call("queue.settle", { queue, settlements });
    if (verb === "release") settled.catch(() => {}); // its lease ends by itself
    return settled;
  }
}

/** @param late takes what came after all */
function unlessAborted(
  got: Promise<readonly Handed[]>,
  signal: AbortSignal,
  late: (deliveries: readonly Handed[]) => void,
): Promise<readonly Handed[]> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    got.then((deliveries) => {
      signal.removeEventListener("abort", abort);
      if (signal.aborted && deliveries.length > 0) late(deliveries);
      resolve(deliveries);
    }, reject);
  });
}

function hear(consumer: PushedDeliveries, event: string, params: Params): void {
  if (event === "delivery") consumer.take(toHanded(params.delivery));
  else if (event === "outcomes") {
    consumer.takeOutcomes(params.outcomes.map(settledOf));
  } else if (event === "draining") consumer.ended(undefined);
}

function toDeliveries({ deliveries = [] }: Params): readonly Handed[] {
  return deliveries.map(toHanded);
}

function toHanded({ message, lease_id: leaseId = "", attempt = 0, deadline = 0 }: Params): Handed {
  const until = Number(deadline) === 0 ? undefined : new Date(Number(deadline) / 1000);
  return { message: handed(received(readMessage(message)), Math.max(1, attempt)), leaseId, attempt, deadline: until };
}

function settlement(leaseId: string, verdict: Verdict): Fields {
  const { verb } = verdict;
  if (verb === "retry") return { lease_id: leaseId, retry: { delay: verdict.delay } };
  if (verb === "reject") return { lease_id: leaseId, reject: { why: verdict.why } };
  return { lease_id: leaseId, [verb]: {} };
}

/** @throws LeaseLost and whatever else the outcome says */
function check(outcome: Params): Params {
  if (outcome === undefined || outcome.error)
    throw known(outcome?.error?.reason ?? "INTERNAL", outcome?.error?.message);
  return outcome;
}

/** A gateway that does not tell of the dead is harmless. */
function settledOf({ dead = false, error }: Params): Settled {
  return { dead, error: error && known(error.reason, error.message) };
}

/** Paused is how it stood, not what it is. */
function toldOf(queue: Params = {}): ToldQueue {
  return { patterns: queue.patterns ?? [], told: { ...queue, paused: undefined } };
}

function queueFields(spec: QueueSpec): Fields {
  const { name, patterns, standalone, overflow, lease, backoff, transient, ttl, delay, dedupe, policy } = spec;
  return {
    name,
    patterns,
    standalone: standalone || undefined,
    max_messages: spec.maxMessages,
    max_bytes: spec.maxBytes,
    overflow,
    lease,
    max_attempts: spec.maxAttempts,
    backoff: backoff && { first: backoff[0], most: backoff[1] },
    transient,
    ttl,
    delay,
    dedupe,
    policy,
    standalone_ttl: spec.standaloneTtl,
  };
}
