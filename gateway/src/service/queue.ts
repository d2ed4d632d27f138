// Queues, each call implemented once for all transports.
import type { Broker } from "../broker/broker.js";
import type { BrokerQueue } from "../broker/queue.js";
import type { Delivery } from "../broker/takers.js";
import { CLAIM_BYTES } from "../engines/engine.js";
import { Message } from "../gen/berrymq/v1/message.js";
import type { Outcome, Queue, QueueStatus, Settlement } from "../gen/berrymq/v1/queue.js";
import type { ExtendRequest, GetRequest, ListRequest, RedriveRequest } from "../gen/berrymq/v1/queue_service.js";
import { DEFAULT_PAGE, DEFAULT_REDRIVE_RATE, MAX_AT_ONCE, MAX_REDRIVE_RATE, RANGES } from "../limits.js";
import { readAskedQueue } from "../model/asked-queue.js";
import { durationOf } from "../model/duration.js";
import { Refusal } from "../model/errors.js";
import { toQueue } from "../model/queue-options.js";
import type { Caller } from "./caller.js";
import { ConsumeStream } from "./consume-stream.js";
import { done, lost, readLease, settleAll } from "./settlement.js";

export type { Delivery } from "../broker/takers.js";

export interface Described {
  readonly queue: Queue;
  readonly status: QueueStatus;
}

export class QueueService {
  constructor(readonly broker: Broker) {}

  async create(caller: Caller, queue: Queue | undefined): Promise<{ queue: Queue; created: boolean }> {
    if (queue === undefined) throw new Refusal("INVALID_ARGUMENT", "queue: it is required");
    if (queue.standalone && caller.session === "") {
      throw new Refusal(
        "INVALID_ARGUMENT",
        "standalone: the queue belongs to a session; send the metadata berrymq-session",
      );
    }
    const made = await this.broker.queues.create(readAskedQueue(queue, caller.session), queue.paused);
    if (queue.standalone) this.broker.presence.expect(caller.session, caller.ident);
    return { queue: toQueue(made.queue.options, made.queue.paused), created: made.created };
  }

  /** Waits until the signal is given at the longest; a refusal as its reason is thrown. */
  async get(request: GetRequest, signal: AbortSignal): Promise<Delivery[]> {
    const queue = this.broker.queues.get(request.queue);
    const wait = durationOf("wait", request.wait, RANGES.wait) ?? 0;
    const lease = readLease(queue, request.lease, request.autoAck);
    const deliveries = await queue.get(upTo("max", request.max || 1), lease, wait, signal);
    if (deliveries.length === 0 && signal.reason instanceof Refusal) throw signal.reason;
    return deliveries;
  }

  async settle(name: string, settlements: readonly Settlement[]): Promise<Outcome[]> {
    const queue = this.broker.queues.get(name);
    someOf("settlements", settlements.length);
    return settleAll(queue, settlements);
  }

  async extend(request: ExtendRequest): Promise<Outcome[]> {
    const queue = this.broker.queues.get(request.queue);
    someOf("lease_ids", request.leaseIds.length);
    const lease = durationOf("lease", request.lease, RANGES.lease) ?? queue.options.lease;
    const ends = await queue.extend(request.leaseIds, lease);
    return request.leaseIds.map((leaseId, index) => {
      const end = ends[index];
      return end === undefined ? lost(leaseId) : { ...done(leaseId), deadline: BigInt(end) };
    });
  }

  async describe(name: string): Promise<Described> {
    return describe(this.broker.queues.get(name));
  }

  async list(request: ListRequest): Promise<{ queues: Described[]; nextPageToken: string }> {
    const size = upTo("page_size", request.pageSize || DEFAULT_PAGE);
    const found = this.broker.queues.after(request.pageToken, size + 1);
    const page = found.slice(0, size);
    return {
      queues: await Promise.all(page.map(describe)),
      nextPageToken: found.length > size ? page.at(-1)!.name : "",
    };
  }

  async purge(name: string): Promise<number> {
    return this.broker.queues.get(name).purge();
  }

  async delete(name: string): Promise<void> {
    await this.broker.queues.delete(name);
  }

  async pause(name: string): Promise<void> {
    await this.broker.queues.setPaused(name, { all: true });
  }

  async resume(name: string): Promise<void> {
    await this.broker.queues.setPaused(name, { all: false });
  }

  /** Encoded messages, in the order in which they would be handed out, about CLAIM_BYTES of them at most. */
  async peek(name: string, max: number): Promise<Buffer[]> {
    const shown = await this.broker.queues.get(name).peek(upTo("max", max || 1));
    let [count, bytes] = [0, 0];
    for (const { body } of shown) {
      bytes += body.length;
      if (count > 0 && bytes > CLAIM_BYTES) break;
      count++;
    }
    return shown.slice(0, count).map(({ body }) => body);
  }

  /** Moves dead letters back; tells how many so far, after each piece. */
  redrive(request: RedriveRequest, signal: AbortSignal): AsyncGenerator<number> {
    if (request.rate > MAX_REDRIVE_RATE)
      throw new Refusal("INVALID_ARGUMENT", `rate: ${request.rate}; at most ${MAX_REDRIVE_RATE} a second`);
    const queue = this.broker.queues.get(request.queue);
    upTo("message_ids", request.messageIds.length);
    const rate = request.rate || DEFAULT_REDRIVE_RATE;
    return this.broker.redriving.redrive(
      queue,
      { max: Number(request.max), rate, ids: new Set(request.messageIds) },
      signal,
    );
  }

  /** Opens a stream of pushed deliveries. */
  consume(caller: Caller): ConsumeStream {
    return new ConsumeStream(this.broker, caller);
  }
}

async function describe(queue: BrokerQueue): Promise<Described> {
  const { ready, delayed, leased, bytes } = queue.stats();
  const [oldest] = await queue.peek(1);
  const status: QueueStatus = {
    ready: BigInt(ready),
    delayed: BigInt(delayed),
    leased: BigInt(leased),
    bytes: BigInt(bytes),
    consumers: queue.consumers,
    oldestPublishedAt: oldest === undefined ? 0n : Message.decode(oldest.body).publishedAt,
  };
  return { queue: toQueue(queue.options, queue.paused), status };
}

function upTo(field: string, value: number): number {
  if (value > MAX_AT_ONCE) throw new Refusal("INVALID_ARGUMENT", `${field}: ${value}; at most ${MAX_AT_ONCE} at once`);
  return value;
}

function someOf(field: string, count: number): void {
  if (count === 0) throw new Refusal("INVALID_ARGUMENT", `${field}: at least one is required`);
  upTo(field, count);
}
