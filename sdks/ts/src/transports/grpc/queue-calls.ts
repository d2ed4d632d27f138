// The calls of queues over gRPC.
import type { ServiceError } from "@grpc/grpc-js";
import {
  type Outcome,
  Queue,
  Overflow as WireOverflow,
  Policy as WirePolicy,
  type QueueStatus as WireStatus,
} from "../../gen/berrymq/v1/queue.js";
import {
  CreateRequest,
  CreateResponse,
  DeleteRequest,
  DeleteResponse,
  DescribeRequest,
  DescribeResponse,
  ExtendRequest,
  ExtendResponse,
  GetRequest,
  PauseRequest,
  PauseResponse,
  PeekRequest,
  PurgeRequest,
  PurgeResponse,
  RedriveRequest,
  RedriveResponse,
  ResumeRequest,
  ResumeResponse,
  SettleRequest,
  SettleResponse,
} from "../../gen/berrymq/v1/queue_service.js";
import type { Message } from "../../message.js";
import type {
  Consumer,
  GetOptions,
  Handed,
  Overflow,
  Policy,
  QueueCalls,
  QueueDescription,
  QueueSpec,
  QueueStatus,
  ToldQueue,
  Verdict,
} from "../queue-calls.js";
import type { Calls } from "./calls.js";
import { consumerOn } from "./consumer.js";
import { readDeliveries, readMessages } from "./deliveries.js";
import { optionalDuration, toDate, toDuration, toSeconds } from "./duration.js";
import { toSettlement } from "./settlement.js";
import { fromWire, toError } from "./status.js";

const overflows: Readonly<Record<Overflow, WireOverflow>> = {
  reject_publish: WireOverflow.OVERFLOW_REJECT_PUBLISH,
  drop_oldest: WireOverflow.OVERFLOW_DROP_OLDEST,
};

const policies: Readonly<Record<Policy, WirePolicy>> = {
  round_robin: WirePolicy.POLICY_ROUND_ROBIN,
  broadcast: WirePolicy.POLICY_BROADCAST,
};

export class GrpcQueueCalls implements QueueCalls {
  private readonly consumers = new Set<Consumer>();

  constructor(private readonly calls: Calls) {}

  async create(queue: QueueSpec | ToldQueue): Promise<ToldQueue> {
    const request = { queue: "told" in queue ? (queue.told as Queue) : toQueue(queue) };
    const made = await this.calls.unary("QueueService/Create", CreateRequest, request, CreateResponse);
    return toldOf(made.queue);
  }

  get(queue: string, { max, wait, autoAck, signal }: GetOptions): Promise<readonly Handed[]> {
    const request = { queue, max, wait: wait > 0 ? toDuration(wait) : undefined, autoAck, lease: undefined };
    return this.calls.unary("QueueService/Get", GetRequest, request, { decode: readDeliveries }, signal);
  }

  async settle(queue: string, leaseId: string, verdict: Verdict): Promise<boolean> {
    const request = { queue, settlements: [toSettlement(leaseId, verdict)] };
    const { outcomes } = await this.calls.unary("QueueService/Settle", SettleRequest, request, SettleResponse);
    return check(outcomes[0]).dead;
  }

  async extend(queue: string, leaseId: string, seconds: number | undefined): Promise<Date> {
    const request = { queue, leaseIds: [leaseId], lease: optionalDuration(seconds) };
    const { outcomes } = await this.calls.unary("QueueService/Extend", ExtendRequest, request, ExtendResponse);
    return toDate(check(outcomes[0]).deadline)!;
  }

  async describe(queue: string): Promise<QueueDescription & ToldQueue> {
    const answer = await this.calls.unary("QueueService/Describe", DescribeRequest, { queue }, DescribeResponse);
    const { maxMessages = 0n, lease } = answer.queue ?? {};
    const described = { maxMessages: Number(maxMessages), lease: toSeconds(lease), status: toStatus(answer.status) };
    return { ...described, ...toldOf(answer.queue) };
  }

  peek(queue: string, max: number): Promise<readonly Message[]> {
    return this.calls.unary("QueueService/Peek", PeekRequest, { queue, max }, { decode: readMessages });
  }

  async purge(queue: string): Promise<number> {
    const { purged } = await this.calls.unary("QueueService/Purge", PurgeRequest, { queue }, PurgeResponse);
    return Number(purged);
  }

  async remove(queue: string): Promise<void> {
    await this.calls.unary("QueueService/Delete", DeleteRequest, { queue }, DeleteResponse);
  }

  async pause(queue: string): Promise<void> {
    await this.calls.unary("QueueService/Pause", PauseRequest, { queue }, PauseResponse);
  }

  async resume(queue: string): Promise<void> {
    await this.calls.unary("QueueService/Resume", ResumeRequest, { queue }, ResumeResponse);
  }

  async redrive(queue: string, max: number, rate: number, ids: readonly string[] = []): Promise<number> {
    const request = RedriveRequest.encode({ queue, max: BigInt(max), rate, messageIds: [...ids] }).finish();
    let moved = 0n;
    try {
      for await (const bytes of this.calls.serverStream("QueueService/Redrive", Buffer.from(request))) {
        moved = RedriveResponse.decode(bytes as Buffer).moved;
      }
    } catch (error) {
      throw toError(error as ServiceError);
    }
    return Number(moved);
  }

  consume(queue: string, credit: number, autoAck: boolean): Consumer {
    const stream = this.calls.duplex("QueueService/Consume");
    const consumer = consumerOn(stream, { queue, credit, autoAck }, () => this.consumers.delete(consumer));
    this.consumers.add(consumer);
    return consumer;
  }

  /** Ends what is being consumed. */
  close(): void {
    for (const consumer of this.consumers) consumer.close();
  }
}

/** Paused is how it stood, not what it is. */
function toldOf(queue = Queue.create()): ToldQueue {
  return { patterns: queue.patterns, told: { ...queue, paused: false } };
}

function toQueue(spec: QueueSpec): Queue {
  const { name, patterns, standalone, maxMessages, maxBytes, overflow, lease, maxAttempts, backoff, policy } = spec;
  return Queue.create({
    name,
    patterns: [...patterns],
    standalone,
    maxMessages: BigInt(maxMessages ?? 0),
    maxBytes: BigInt(maxBytes ?? 0),
    overflow: overflow === undefined ? WireOverflow.OVERFLOW_UNSPECIFIED : overflows[overflow],
    lease: optionalDuration(lease),
    maxAttempts: maxAttempts ?? 0,
    backoff: backoff && { first: toDuration(backoff[0]), most: toDuration(backoff[1]) },
    transient: spec.transient ?? false,
    ttl: optionalDuration(spec.ttl),
    delay: optionalDuration(spec.delay),
    dedupe: optionalDuration(spec.dedupe),
    policy: policy === undefined ? WirePolicy.POLICY_UNSPECIFIED : policies[policy],
    standaloneTtl: optionalDuration(spec.standaloneTtl),
  });
}

/** @throws LeaseLost and whatever else the outcome says */
function check(outcome: Outcome | undefined): Outcome {
  if (outcome === undefined || outcome.error !== undefined) throw fromWire(outcome?.error);
  return outcome;
}

function toStatus(status: WireStatus | undefined): QueueStatus {
  const { ready = 0n, delayed = 0n, leased = 0n, bytes = 0n, consumers = 0 } = status ?? {};
  return {
    ready: Number(ready),
    delayed: Number(delayed),
    leased: Number(leased),
    bytes: Number(bytes),
    consumers,
  };
}
