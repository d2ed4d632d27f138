// A connection over gRPC: two streams of batches, asks, and the calls of queues.
import type { ServiceError } from "@grpc/grpc-js";
import type { Envelope } from "../../envelope.js";
import { FollowRequest, FollowResponse } from "../../gen/berrymq/v1/follower_service.js";
import { PublishBatchesResponse } from "../../gen/berrymq/v1/publisher_service.js";
import { AskRequest } from "../../gen/berrymq/v1/talk_service.js";
import { type Message, received } from "../../message.js";
import { BYTES, Cursor } from "../../wire/cursor.js";
import { MessageReader } from "../../wire/reader.js";
import { WireWriter } from "../../wire/writer.js";
import type {
  Caller,
  Connection,
  FollowEvents,
  FollowStream,
  PublishEvents,
  PublishStream,
  Settled,
} from "../transport.js";
import { Calls, type Duplex, whenEnded } from "./calls.js";
import { toDuration } from "./duration.js";
import { GrpcQueueCalls } from "./queue-calls.js";
import { fromWire, toError } from "./status.js";

/** `AskRequest.message`, `AskResponse.answer`, `FollowResponse.batch`: tag 1, bytes. */
const FIRST_FIELD = 0x0a;

export class GrpcConnection implements Connection {
  private readonly calls: Calls;
  private readonly streams = new Set<{ cancel(): void }>();
  readonly queues: GrpcQueueCalls;

  constructor(address: string, caller: Caller) {
    this.calls = new Calls(address, caller);
    this.queues = new GrpcQueueCalls(this.calls);
  }

  follow(events: FollowEvents): FollowStream {
    const stream = this.open("FollowerService/Follow", events);
    stream.on("data", (bytes: Buffer) => readFollowResponse(bytes, events));
    return {
      write: ({ add, remove, credit, revision, acknowledge }) => {
        const changes = { add: [...add], remove: [...remove], acknowledge: [...acknowledge] };
        const request = FollowRequest.create({ ...changes, revision: BigInt(revision) });
        if (credit !== undefined) request.credit = BigInt(credit);
        stream.write(Buffer.from(FollowRequest.encode(request).finish()));
      },
    };
  }

  publish(events: PublishEvents): PublishStream {
    const stream = this.open("PublisherService/PublishBatches", events);
    stream.on("data", (bytes: Buffer) => {
      const response = PublishBatchesResponse.decode(bytes);
      events.settled(toSettled(response));
      if (response.drain) events.drain(response.drain.address);
    });
    return {
      // The callback comes when the connection has taken the bytes: it is what `write() === false` and "drain" say, sooner.
      write: (frame, written) => void stream.write(frame, (error?: Error | null) => error || written()),
      end: () => void stream.end(),
    };
  }

  async *ask(question: Envelope, answers: number, seconds: number, signal: AbortSignal): AsyncGenerator<Message> {
    const stream = this.calls.serverStream("TalkService/Ask", askRequest(question, answers, seconds));
    this.streams.add(stream);
    const cancel = () => stream.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const reader = new MessageReader();
    try {
      for await (const bytes of stream as AsyncIterable<Buffer>) {
        const cursor = new Cursor().over(bytes, 0, bytes.length);
        while (cursor.next()) {
          if (cursor.field === 1) yield received(reader.message(bytes, cursor.start, cursor.end));
        }
      }
    } catch (error) {
      throw toError(error as ServiceError);
    } finally {
      this.streams.delete(stream);
      signal.removeEventListener("abort", cancel);
    }
  }

  close(): void {
    for (const stream of this.streams) stream.cancel();
    this.queues.close();
    this.calls.close();
  }

  private open(method: string, events: { ended: PublishEvents["ended"] }): Duplex {
    const stream = this.calls.duplex(method);
    this.streams.add(stream);
    whenEnded(stream, (error) => {
      this.streams.delete(stream);
      events.ended(error);
    });
    return stream;
  }
}

/** The batch is left where it lies; the rest, which is rare, is decoded by the generated code. */
function readFollowResponse(bytes: Buffer, events: FollowEvents): void {
  const cursor = new Cursor().over(bytes, 0, bytes.length);
  let rest = false;
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wireType === BYTES) takeBatch(bytes, cursor, events);
    else rest = true;
  }
  if (!rest) return;
  const { appliedRevision, drain } = FollowResponse.decode(bytes);
  if (appliedRevision !== undefined) events.applied(Number(appliedRevision));
  if (drain) events.drain(drain.address);
}

/** Credit counts the batch as it came. */
function takeBatch(bytes: Buffer, { start, end }: Cursor, events: FollowEvents): void {
  events.batch(bytes, start, end, end - start);
}

function toSettled(response: PublishBatchesResponse): Settled {
  const { through, accepted, refused } = response;
  return {
    through: Number(through),
    accepted: accepted.map(({ firstSequence, ...run }) => ({ first: Number(firstSequence), ...run })),
    refused: refused.map(({ firstSequence, count, error }) => ({
      first: Number(firstSequence),
      count,
      error: fromWire(error),
    })),
  };
}

function askRequest(question: Envelope, answers: number, seconds: number): Buffer {
  const rest = AskRequest.encode({ message: undefined, answers, timeout: toDuration(seconds) }).finish();
  const writer = new WireWriter(Buffer.allocUnsafe(1024));
  writer.message(FIRST_FIELD, question);
  return Buffer.concat([writer.buffer.subarray(0, writer.at), rest]);
}
