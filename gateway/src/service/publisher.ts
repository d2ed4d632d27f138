// Publishing, each call implemented once for all transports.
import type { Broker } from "../broker/broker.js";
import type { Session } from "../broker/session.js";
import { Message } from "../gen/berrymq/v1/message.js";
import type { PublishBatchesResponse } from "../gen/berrymq/v1/publisher_service.js";
import type { Limits } from "../limits.js";
import { Refusal } from "../model/errors.js";
import { asEntry, bodyOf, newMessageId } from "../model/message.js";
import { refusalOf, scanBatch, tooLarge } from "../model/scanner.js";
import type { Caller } from "./caller.js";
import { PublishStream } from "./publish-stream.js";

/** What one publish reached. */
export interface Published {
  readonly id: string;
  readonly followers: number;
  readonly queues: number;
}

export class PublisherService {
  constructor(
    readonly broker: Broker,
    readonly limits: Limits,
  ) {}

  /** Publishes the one message of an encoded PublishRequest (which has the wire form of a batch of one). */
  async publish(caller: Caller, request: Buffer): Promise<Published> {
    const session = this.broker.presence.find(caller.session, caller.ident);
    return this.publishOne(session, this.readOne(request));
  }

  /** Opens a stream of batches. */
  stream(caller: Caller): PublishStream {
    return new PublishStream(this.broker, this.broker.presence.enter(caller.session, caller.ident));
  }

  /** Publishes one batch of a session that counts its messages, without a stream; fulfilled when all of it is settled. */
  async publishBatch(
    caller: Caller,
    batch: Buffer,
    firstSequence: number,
    resent: boolean,
  ): Promise<PublishBatchesResponse> {
    const stream = new PublishStream(this.broker, this.broker.presence.touch(caller.session, caller.ident));
    const answer = new Promise<PublishBatchesResponse>((resolve) => {
      stream.onAnswer = resolve;
    });
    stream.accept(batch, firstSequence, resent);
    return answer;
  }

  /** The encoded message of a request that holds exactly one at tag 1. @throws Refusal MALFORMED_MESSAGE, INVALID_ARGUMENT, MESSAGE_TOO_LARGE, HOP_LIMIT */
  readOne(request: Buffer): Buffer {
    if (request.length > this.limits.batchBytes) throw tooLarge(request.length, this.limits);
    let count = 0;
    scanBatch(request, this.limits, (message) => {
      count++;
      const refusal = refusalOf(message, this.limits);
      if (refusal !== undefined) throw refusal;
    });
    if (count !== 1) throw new Refusal("INVALID_ARGUMENT", `message: ${count} of them; exactly one is published`);
    return bodyOf(request);
  }

  /** Publishes one checked message and waits until it is stored. */
  async publishOne(session: Session, body: Buffer): Promise<Published> {
    const { id } = Message.decode(body);
    const named = id !== "" ? { id, body } : nameIt(body);
    const intake = this.broker.publish(session, asEntry(named.body), { first: 0, skip: 0, resent: false });
    const refused = intake.refused[0];
    if (refused !== undefined) throw refused.refusal;
    await intake.stored;
    const [reach] = intake.accepted;
    return { id: named.id, followers: reach!.followers, queues: reach!.queues };
  }
}

function nameIt(body: Buffer): { id: string; body: Buffer } {
  const id = newMessageId();
  return { id, body: Buffer.concat([body, Buffer.from(Message.encode(Message.fromPartial({ id })).finish())]) };
}
