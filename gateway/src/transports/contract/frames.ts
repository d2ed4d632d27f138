// Requests and responses that carry messages, read and written around the messages' bytes, which stay as they came.
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Outcome } from "../../gen/berrymq/v1/queue.js";
import { ConsumeResponse, GetResponse } from "../../gen/berrymq/v1/queue_service.js";
import { Refusal } from "../../model/errors.js";
import { lengthDelimited, varint, WireError, WireReader } from "../../model/wire.js";
import type { Delivery } from "../../service/queue.js";

const BATCH = 0x0a;
const FIRST_SEQUENCE = 0x10;
const RESENT = 0x18;
/** Field 1, length-delimited: `FollowResponse.batch`, `deliveries` and `PeekResponse.messages` alike. */
const FIRST_FIELD = 0x0a;

/** A PublishBatchesRequest whose batch is left encoded. */
export interface BatchesFrame {
  readonly batch: Buffer;
  readonly firstSequence: number;
  readonly resent: boolean;
}

/** @throws Refusal MALFORMED_MESSAGE */
export function readBatchesFrame(request: Buffer): BatchesFrame {
  const frame = { batch: request.subarray(0, 0), firstSequence: 0, resent: false };
  const reader = new WireReader(request, 0, request.length);
  readFields(reader, (tag) => {
    if (tag === BATCH) frame.batch = joined(frame.batch, bytes(reader));
    else if (tag === FIRST_SEQUENCE) frame.firstSequence = reader.uint64();
    else if (tag === RESENT) frame.resent = reader.uint64() !== 0;
    else if (tag >>> 3 <= 3) throw new WireError(`field ${tag >>> 3} with wire type ${tag & 7}`);
    else reader.skip(tag);
  });
  return frame;
}

/** A request whose message at tag 1 is left encoded, apart from the rest, which a decoder may read. @throws Refusal MALFORMED_MESSAGE */
export function splitMessage(request: Buffer): { message: Buffer; rest: Buffer } {
  const messages: Buffer[] = [];
  const rest: Buffer[] = [];
  const reader = new WireReader(request, 0, request.length);
  let start = 0;
  readFields(reader, (tag) => {
    if (tag === FIRST_FIELD) reader.at = reader.fieldEnd();
    else if (tag >>> 3 === 1) throw new WireError(`field 1 with wire type ${tag & 7}`);
    else reader.skip(tag);
    (tag === FIRST_FIELD ? messages : rest).push(request.subarray(start, reader.at));
    start = reader.at;
  });
  return { message: Buffer.concat(messages), rest: Buffer.concat(rest) };
}

function readFields(reader: WireReader, field: (tag: number) => void): void {
  try {
    while (!reader.done) field(reader.uint32());
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new Refusal("MALFORMED_MESSAGE", `the request is not well-formed: ${error.message}`);
  }
}

function bytes(reader: WireReader): Buffer {
  const end = reader.fieldEnd();
  const content = reader.buffer.subarray(reader.at, end);
  reader.at = end;
  return content;
}

/** A field that comes twice is one message in two pieces. */
function joined(before: Buffer, piece: Buffer): Buffer {
  return before.length === 0 ? piece : Buffer.concat([before, piece]);
}

/** A FollowResponse with a batch of these entries. */
export function followResponse(entries: readonly Buffer[]): Buffer {
  let length = 0;
  for (const entry of entries) length += entry.length;
  return Buffer.concat([Buffer.of(BATCH), varint(length), ...entries]);
}

export function getResponse(deliveries: readonly Delivery[]): Buffer {
  return Buffer.concat([
    ...deliveries.map(deliveryField),
    Buffer.from(GetResponse.encode({ deliveries: [] }).finish()),
  ]);
}

export function consumeResponse(deliveries: readonly Delivery[], outcomes: readonly Outcome[]): Buffer {
  const rest = ConsumeResponse.encode({ deliveries: [], outcomes: [...outcomes], drain: undefined }).finish();
  return Buffer.concat([...deliveries.map(deliveryField), Buffer.from(rest)]);
}

/** A PeekResponse, or any other with encoded messages at tag 1. */
export function messagesResponse(bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(bodies.map((body) => lengthDelimited(FIRST_FIELD, body)));
}

/** `deliveries`, which is field 1 of GetResponse and of ConsumeResponse: a Delivery with its message as it came. */
function deliveryField(delivery: Delivery): Buffer {
  const rest = new BinaryWriter()
    .uint32(0x12)
    .string(delivery.lease)
    .uint32(0x18)
    .uint32(delivery.attempt)
    .uint32(0x20)
    .int64(delivery.deadline)
    .finish();
  return lengthDelimited(FIRST_FIELD, Buffer.concat([lengthDelimited(FIRST_FIELD, delivery.body), rest]));
}
