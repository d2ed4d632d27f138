// Messages as bytes: completing those that came without an id or a time, marking, and making the system's own.
// A field is added by appending it: protobuf decoders take the last of two, and the bytes before stay as they came.
import { randomBytes } from "node:crypto";
import { Message } from "../gen/berrymq/v1/message.js";
import { RESERVED_NAME } from "./identifier.js";
import type { Scanned } from "./scanner.js";
import { lengthDelimited, MESSAGE_TAG, varint, WireReader } from "./wire.js";

const ID_TAG = 0x0a;
const ATTRIBUTE_TAG = 0x2a;
const PUBLISHED_AT_TAG = 0x30;
const REPLY_TO_TAG = 0x4a;
/** Field 16 has a tag of two bytes. */
const ATTEMPT_TAG = Buffer.of(0x80, 0x01);
const RESENT = Buffer.of(0x58, 1);

const prefix = randomBytes(10).toString("hex");
let counter = 0;

/** A new message id, unique for all gateways: a random part for this process and a count. */
export function newMessageId(): string {
  return `${prefix}-${(counter++).toString(36)}`;
}

/** The body of a scanned message, completed with an id and a time where it has none, and marked when it is sent again. */
export function completed(buffer: Buffer, message: Scanned, now: number, resent: boolean): Buffer {
  const parts = [buffer.subarray(message.body, message.end)];
  if (!message.hasId) parts.push(lengthDelimited(ID_TAG, Buffer.from(newMessageId())));
  if (!message.hasPublishedAt) parts.push(Buffer.of(PUBLISHED_AT_TAG), varint(now));
  if (resent) parts.push(RESENT);
  return Buffer.concat(parts);
}

/** A body as an entry of a batch. */
export function asEntry(body: Buffer): Buffer {
  return lengthDelimited(MESSAGE_TAG, body);
}

/** The body of a well-formed entry. */
export function bodyOf(entry: Buffer): Buffer {
  const reader = new WireReader(entry, 1, entry.length);
  const end = reader.fieldEnd();
  return entry.subarray(reader.at, end);
}

/** The body with another `reply_to`. */
export function withReplyTo(body: Buffer, replyTo: string): Buffer {
  return Buffer.concat([body, lengthDelimited(REPLY_TO_TAG, Buffer.from(replyTo))]);
}

/** The body, marked as delivered for the given time. */
export function withAttempt(body: Buffer, attempt: number): Buffer {
  return Buffer.concat([body, ATTEMPT_TAG, varint(attempt)]);
}

/** The body with more attributes; a key that it has already takes the new value. */
export function withAttributes(body: Buffer, attributes: Record<string, string>): Buffer {
  const entries = Object.entries(attributes).map(([key, value]) =>
    lengthDelimited(
      ATTRIBUTE_TAG,
      Buffer.concat([lengthDelimited(0x0a, Buffer.from(key)), lengthDelimited(0x12, Buffer.from(value))]),
    ),
  );
  return Buffer.concat([body, ...entries]);
}

/** A message of the system's own, `berrymq:<action>`, as an entry of a batch. */
export function systemMessage(action: string, kwargs: Record<string, unknown>, now: number, namespace = ""): Buffer {
  const message = Message.fromPartial({
    id: newMessageId(),
    identifier: `${RESERVED_NAME}${namespace && `@${namespace}`}:${action}`,
    payload: Buffer.from(JSON.stringify({ args: [], kwargs })),
    publishedAt: BigInt(now),
  });
  return asEntry(Buffer.from(Message.encode(message).finish()));
}
