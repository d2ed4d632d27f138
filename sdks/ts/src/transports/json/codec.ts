// Messages ⇄ JSON as docs/json.md shows them. Payloads are base64 in both directions: byte for byte what they were, and nobody reads JSON inside JSON.
import { Buffer } from "../../bytes.js";
import { type Envelope, NO_ATTRIBUTES } from "../../envelope.js";
import { MalformedMessage } from "../../errors.js";
import { rememberedIdentifier } from "../../identifier.js";
import { BYTES, Cursor } from "../../wire/cursor.js";
import { MessageReader } from "../../wire/reader.js";
import { WireWriter } from "../../wire/writer.js";
import type { Fields, Params } from "./channel.js";

/** `Batch.messages`. */
const MESSAGE_TAG = 0x0a;

const reader = new MessageReader();

/** The params of `publish_batches`, of an encoded PublishBatchesRequest: batch = 1, first_sequence = 2, resent = 3. */
export function batchParams(frame: Buffer): Fields {
  const messages: Fields[] = [];
  const params: { [name: string]: unknown } = { batch: { messages } };
  const cursor = new Cursor().over(frame, 0, frame.length);
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wireType === BYTES) {
      reader.batch(frame, cursor.start, cursor.end, (each) => messages.push(messageFields(each)));
    } else if (cursor.field === 2) params.first_sequence = cursor.value;
    else if (cursor.field === 3) params.resent = true;
  }
  return params;
}

/** A message's fields; those that say nothing are left out. */
export function messageFields(message: Envelope): Fields {
  const { publishedAt, expiresAt, deliverAt, answer } = message;
  return {
    id: message.messageId || undefined,
    identifier: message.identifier.text,
    content_type: message.contentType || undefined,
    attributes: message.attributes,
    published_at: publishedAt || undefined,
    expires_at: expiresAt || undefined,
    sender: message.sender || undefined,
    reply_to: message.replyTo || undefined,
    answer: answer && { ...answer },
    resent: message.resent || undefined,
    hops: message.hops || undefined,
    priority: message.priority || undefined,
    deliver_at: deliverAt || undefined,
    require_ack: message.requireAck || undefined,
    attempt: message.attempt || undefined,
    payload_base64: message.payload.length === 0 ? undefined : message.payload.toString("base64"),
  };
}

/** A message that came. @throws MalformedMessage, InvalidIdentifier */
export function readMessage(message: Params): Envelope {
  if (typeof message?.identifier !== "string")
    throw new MalformedMessage("the gateway sent a message that names no identifier");
  const payload = Buffer.from(message.payload_base64 ?? "", "base64");
  return {
    messageId: message.id ?? "",
    identifier: rememberedIdentifier(message.identifier),
    payload,
    contentType: message.content_type ?? "",
    attributes: message.attributes ?? NO_ATTRIBUTES,
    publishedAt: Number(message.published_at ?? 0),
    expiresAt: Number(message.expires_at ?? 0),
    sender: message.sender ?? "",
    replyTo: message.reply_to ?? "",
    answer: message.answer && { to: "", number: 0, of: 0, failed: false, ...message.answer },
    resent: message.resent ?? false,
    hops: message.hops ?? 0,
    priority: message.priority ?? 0,
    deliverAt: Number(message.deliver_at ?? 0),
    requireAck: message.require_ack ?? false,
    attempt: message.attempt ?? 0,
    size: payload.length + HEAD,
  };
}

/** Bytes of a message beside its payload, roughly. */
const HEAD = 128;

/** A message that came, encoded as a batch of one. @throws as {@link readMessage} */
export function toBatch(message: Params): Buffer {
  const writer = new WireWriter(Buffer.alloc(0));
  writer.message(MESSAGE_TAG, readMessage(message));
  return writer.buffer.subarray(0, writer.at);
}
