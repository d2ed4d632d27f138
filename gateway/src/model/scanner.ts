// Reads a batch without decoding it: checks every length, wire type and text of every message, and finds what routing needs.
// A message that passes here is one that every protobuf decoder takes.
import { isUtf8 } from "node:buffer";
import {
  type Limits,
  MAX_ATTRIBUTES,
  MAX_CONTENT_TYPE_BYTES,
  MAX_HOPS,
  MAX_ID_BYTES,
  MAX_PRIORITY,
  MAX_SENDER_BYTES,
} from "../limits.js";
import { Refusal } from "./errors.js";
import { MESSAGE_TAG, WireError, WireReader } from "./wire.js";

/** What the scanner found out about one message. One object is reused for all messages of a batch: copy what is kept. */
export interface Scanned {
  /** Where the message's entry (tag, length, body) begins and its body begins and ends. */
  entry: number;
  body: number;
  end: number;
  /** The identifier's bytes as latin1 text: one character a byte, so that it is an exact key. */
  key: string;
  hasId: boolean;
  hasPublishedAt: boolean;
  /** Microseconds since the epoch, negative before it; 0 = never. */
  expiresAt: number;
  hops: number;
  priority: number;
  requireAck: boolean;
}

/** Called for each message in order; what it throws ends the scan. */
export type ScanSink = (message: Scanned) => void;

/**
 * Walks the batch that stands in `buffer`.
 *
 * @throws Refusal MALFORMED_MESSAGE or BATCH_TOO_LARGE; the sink may have been called before, so callers deliver only afterwards.
 */
export function scanBatch(buffer: Buffer, limits: Limits, sink: ScanSink): void {
  if (buffer.length > limits.batchBytes) {
    throw new Refusal("BATCH_TOO_LARGE", `a batch of ${buffer.length} bytes; at most ${limits.batchBytes} are taken`);
  }
  const reader = new WireReader(buffer, 0, buffer.length);
  const inner = new WireReader(buffer, 0, 0);
  const scanned = emptyScan();
  let count = 0;
  try {
    while (!reader.done) {
      scanned.entry = reader.at;
      count++;
      const tag = reader.uint32();
      if (tag !== MESSAGE_TAG) throw new WireError(`tag ${tag} in a batch, which holds messages at tag 1 only`);
      const end = reader.fieldEnd();
      if (count > limits.batchMessages) throw tooMany(limits);
      inner.at = reader.at;
      inner.end = end;
      scanMessage(inner, scanned);
      reader.at = end;
      sink(scanned);
    }
  } catch (error) {
    throw error instanceof WireError ? malformed(count, error.message) : error;
  }
}

function tooMany(limits: Limits): Refusal {
  return new Refusal("BATCH_TOO_LARGE", `more than ${limits.batchMessages} messages in a batch; send them as several`);
}

function malformed(count: number, why: string): Refusal {
  return new Refusal("MALFORMED_MESSAGE", `message ${count} of the batch is not well-formed: ${why}`);
}

function emptyScan(): Scanned {
  return {
    entry: 0,
    body: 0,
    end: 0,
    key: "",
    hasId: false,
    hasPublishedAt: false,
    expiresAt: 0,
    hops: 0,
    priority: 0,
    requireAck: false,
  };
}

const ID = 0x0a;
const IDENTIFIER = 0x12;
const PAYLOAD = 0x1a;
const CONTENT_TYPE = 0x22;
const ATTRIBUTE = 0x2a;
const PUBLISHED_AT = 0x30;
const EXPIRES_AT = 0x38;
const SENDER = 0x42;
const REPLY_TO = 0x4a;
const ANSWER = 0x52;
const RESENT = 0x58;
const HOPS = 0x60;
const PRIORITY = 0x68;
const DELIVER_AT = 0x70;
const REQUIRE_ACK = 0x78;
const ATTEMPT = 0x80;
/** Fields 1 to 16 are known: with another wire type than above they are malformed, not unknown. */
const LAST_KNOWN_FIELD = 16;
/** No legal identifier is longer: name, `@`, namespace, `:`, action. What is longer is refused by its own reason, later. */
const MAX_IDENTIFIER_BYTES = 3 * 255 + 2;

function scanMessage(reader: WireReader, into: Scanned): void {
  const { buffer } = reader;
  into.body = reader.at;
  into.end = reader.end;
  into.key = "";
  into.hasId = into.hasPublishedAt = into.requireAck = false;
  into.expiresAt = into.hops = into.priority = 0;
  let attributes = 0;
  while (reader.at < reader.end) {
    const tag = buffer[reader.at]! < 0x80 ? buffer[reader.at++]! : reader.uint32();
    switch (tag) {
      case ID:
        into.hasId = text(reader, "id", MAX_ID_BYTES) > 0;
        break;
      case IDENTIFIER: {
        const end = reader.fieldEnd();
        into.key = buffer.toString("latin1", reader.at, Math.min(end, reader.at + MAX_IDENTIFIER_BYTES + 1));
        reader.at = end;
        break;
      }
      case PAYLOAD:
        reader.at = reader.fieldEnd();
        break;
      case CONTENT_TYPE:
        text(reader, "content_type", MAX_CONTENT_TYPE_BYTES);
        break;
      case ATTRIBUTE:
        if (++attributes > MAX_ATTRIBUTES) throw new WireError(`more than ${MAX_ATTRIBUTES} attributes`);
        scanAttribute(reader);
        break;
      case PUBLISHED_AT:
        into.hasPublishedAt = reader.skipUint64();
        break;
      case EXPIRES_AT:
        into.expiresAt = reader.int64();
        break;
      case SENDER:
        text(reader, "sender", MAX_SENDER_BYTES);
        break;
      case REPLY_TO:
        text(reader, "reply_to", MAX_IDENTIFIER_BYTES);
        break;
      case ANSWER:
        scanAnswer(reader);
        break;
      case RESENT:
        reader.skipUint64();
        break;
      case HOPS:
        into.hops = reader.uint64();
        break;
      case PRIORITY:
        into.priority = reader.uint64();
        break;
      case DELIVER_AT:
      case ATTEMPT:
        reader.skipUint64();
        break;
      case REQUIRE_ACK:
        into.requireAck = reader.skipUint64();
        break;
      default:
        if (tag >>> 3 <= LAST_KNOWN_FIELD) throw new WireError(`field ${tag >>> 3} with wire type ${tag & 7}`);
        reader.skip(tag);
    }
  }
}

/** A map entry: key at 1, value at 2, both texts. */
function scanAttribute(reader: WireReader): void {
  const inner = nested(reader);
  while (!inner.done) {
    const tag = inner.uint32();
    if (tag === 0x0a || tag === 0x12) text(inner, "attribute", inner.end);
    else if (tag >>> 3 <= 2) throw new WireError(`field ${tag >>> 3} of an attribute with wire type ${tag & 7}`);
    else inner.skip(tag);
  }
}

/** An Answer: `to` is a text, `number`, `of` and `failed` are varints. */
function scanAnswer(reader: WireReader): void {
  const inner = nested(reader);
  while (!inner.done) {
    const tag = inner.uint32();
    if (tag === 0x0a) text(inner, "answer.to", MAX_ID_BYTES);
    else if (tag === 0x10 || tag === 0x18 || tag === 0x20) inner.skipUint64();
    else if (tag >>> 3 <= 4) throw new WireError(`field ${tag >>> 3} of an answer with wire type ${tag & 7}`);
    else inner.skip(tag);
  }
}

function nested(reader: WireReader): WireReader {
  const end = reader.fieldEnd();
  const inner = new WireReader(reader.buffer, reader.at, end);
  reader.at = end;
  return inner;
}

/** Passes over a text field and tells its length. Followers' decoders refuse text that is not UTF-8, so it stops here. */
function text(reader: WireReader, what: string, limit: number): number {
  const end = reader.fieldEnd();
  const { buffer, at } = reader;
  if (end - at > limit) throw new WireError(`${what} is longer than ${limit} bytes`);
  for (let index = at; index < end; index++) {
    if (buffer[index]! < 0x80) continue;
    if (!isUtf8(buffer.subarray(index, end))) throw new WireError(`${what} is not UTF-8`);
    break;
  }
  reader.at = end;
  return end - at;
}

/** Why a scanned message is refused alone, while its batch goes on; undefined = it is not. */
export function refusalOf(message: Scanned, limits: Limits): Refusal | undefined {
  const size = message.end - message.body;
  if (size > limits.messageBytes) return tooLarge(size, limits);
  if (message.hops > MAX_HOPS) {
    return new Refusal("HOP_LIMIT", `it has travelled ${message.hops} talks and links; ${MAX_HOPS} are allowed`);
  }
  if (message.priority > MAX_PRIORITY) {
    return new Refusal("INVALID_ARGUMENT", `priority: ${message.priority} is not between 0 and ${MAX_PRIORITY}`);
  }
  return undefined;
}

export function tooLarge(bytes: number, limits: Limits): Refusal {
  return new Refusal("MESSAGE_TOO_LARGE", `a message of ${bytes} bytes; at most ${limits.messageBytes} are taken`);
}
