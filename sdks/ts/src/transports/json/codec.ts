// Messages ⇄ JSON as docs/json.md shows them, so that their payloads come out byte for byte as they went in.
import { Buffer } from "../../bytes.js";
import { type Envelope, NO_ATTRIBUTES } from "../../envelope.js";
import { MalformedMessage } from "../../errors.js";
import { rememberedIdentifier } from "../../identifier.js";
import { stringify, Verbatim } from "../../json.js";
import { BYTES, Cursor } from "../../wire/cursor.js";
import { MessageReader } from "../../wire/reader.js";
import { WireWriter } from "../../wire/writer.js";
import type { Params } from "./channel.js";
import { type Fields, readText } from "./text.js";

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const TEXT_TYPE = /^text\//i;
const OTHER_CHARSET = /;\s*charset\s*=\s*"?(?!utf-?8\b)/i;
/** Gateways refuse JSON that is nested deeper than 200 levels; a message lies in some of them. */
const LEVELS = 150;
/** `Batch.messages`. */
const MESSAGE_TAG = 0x0a;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const reader = new MessageReader();

/** The params of `publish_batches`, of an encoded PublishBatchesRequest: batch = 1, first_sequence = 2, resent = 3. */
export function batchParams(frame: Buffer): Fields {
  const messages: Verbatim[] = [];
  const params: { [name: string]: unknown } = { batch: { messages } };
  const cursor = new Cursor().over(frame, 0, frame.length);
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wireType === BYTES) {
      reader.batch(frame, cursor.start, cursor.end, (each) => messages.push(messageText(each)));
    } else if (cursor.field === 2) params.first_sequence = cursor.value;
    else if (cursor.field === 3) params.resent = true;
  }
  return params;
}

/** A message as JSON. */
export function messageText(message: Envelope): Verbatim {
  const { publishedAt, expiresAt, deliverAt, answer } = message;
  const head = stringify({
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
  });
  const body = payloadText(message.payload, message.contentType);
  return new Verbatim(body === "" ? head : `${head.slice(0, -1)},${body}}`);
}

/** The members that carry a payload; `""` = it is empty. What JSON would not give back byte for byte is base64. */
function payloadText(payload: Buffer, contentType: string): string {
  if (payload.length === 0) return "";
  const text = textOf(payload, contentType);
  if (text !== undefined) {
    // A call's payload is an object of exactly the members that the message shows.
    if (contentType === "" && isCall(text)) return text.slice(1, -1);
    if (TEXT_TYPE.test(contentType)) return `"payload":${JSON.stringify(text)}`;
    if (JSON_TYPE.test(contentType) && comesBack(text) !== undefined) return `"payload":${text}`;
  }
  return `"payload_base64":"${payload.toString("base64")}"`;
}

function textOf(payload: Buffer, contentType: string): string | undefined {
  const readable = contentType === "" || JSON_TYPE.test(contentType) || TEXT_TYPE.test(contentType);
  if (!readable || OTHER_CHARSET.test(contentType)) return undefined;
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

/** `{"args":[…],"kwargs":{…}}`, as every SDK writes it. */
function isCall(text: string): boolean {
  const call = comesBack(text) as { args?: unknown; kwargs?: unknown } | null | undefined;
  if (typeof call !== "object" || call === null) return false;
  const { args, kwargs } = call;
  const named = typeof kwargs === "object" && kwargs !== null && !Array.isArray(kwargs);
  return Array.isArray(args) && named && Object.keys(call).join() === "args,kwargs";
}

/** The JSON of a text that reading and writing leaves as it is, and that is not too deep; undefined = it is none. */
function comesBack(text: string): unknown {
  try {
    const value = readText(text);
    return value !== null && shallow(value, LEVELS) && stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function shallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((part) => shallow(part, levels - 1));
}

/** A message that came. @throws MalformedMessage, InvalidIdentifier */
export function readMessage(message: Params): Envelope {
  if (typeof message?.identifier !== "string")
    throw new MalformedMessage("the gateway sent a message that names no identifier");
  const payload = readPayload(message);
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

function readPayload(message: Params): Buffer {
  const { args = [], kwargs = {}, payload, payload_base64: base64, content_type: contentType = "" } = message;
  if (base64 !== undefined) return Buffer.from(base64, "base64");
  if (payload !== undefined) return Buffer.from(JSON_TYPE.test(contentType) ? stringify(payload) : String(payload));
  if (contentType !== "" || (args.length === 0 && Object.keys(kwargs).length === 0)) return Buffer.alloc(0);
  return Buffer.from(stringify({ args, kwargs }));
}

/** A message that came, encoded as a batch of one. @throws as {@link readMessage} */
export function toBatch(message: Params): Buffer {
  const writer = new WireWriter(Buffer.alloc(0));
  writer.message(MESSAGE_TAG, readMessage(message));
  return writer.buffer.subarray(0, writer.at);
}
