// Writes messages as protobuf into one growing buffer, byte for byte as generated code would, without an object for each.
import { Buffer } from "../bytes.js";
import type { Answer, Attributes, Envelope } from "../envelope.js";

/** Strings up to this long are written character by character, which is quicker than a call into the runtime. */
const SHORT = 64;
/** Fixed cost bound of one message: tags, lengths, times, numbers. */
const OVERHEAD = 128;

export class WireWriter {
  constructor(
    public buffer: Buffer,
    /** Where the next byte goes. */
    public at = 0,
  ) {}

  /** Appends a message as field `tag >> 3` of whatever is being written. */
  message(tag: number, message: Envelope): void {
    this.reserve(boundOf(message));
    this.buffer[this.at++] = tag;
    const width = varintWidth(message.payload.length + 100);
    const start = this.at + width;
    this.at = start;
    this.fields(message);
    this.closeLength(start, width);
  }

  /** Appends a non-negative integer up to 2^53. */
  varint(value: number): void {
    const { buffer } = this;
    let { at } = this;
    while (value > 0x7fffffff) {
      buffer[at++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      buffer[at++] = (value & 127) | 128;
      value >>>= 7;
    }
    buffer[at++] = value;
    this.at = at;
  }

  /** Makes room for so many more bytes. */
  reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }

  private fields(message: Envelope): void {
    if (message.messageId !== "") this.string(10, message.messageId);
    this.string(18, message.identifier.text);
    if (message.payload.length !== 0) this.bytes(26, message.payload);
    if (message.contentType !== "") this.string(34, message.contentType);
    this.attributes(message.attributes);
    if (message.publishedAt !== 0) this.number(48, message.publishedAt);
    if (message.expiresAt !== 0) this.number(56, message.expiresAt);
    if (message.sender !== "") this.string(66, message.sender);
    if (message.replyTo !== "") this.string(74, message.replyTo);
    if (message.answer !== undefined) this.answer(message.answer);
    if (message.resent) this.number(88, 1);
    if (message.hops !== 0) this.number(96, message.hops);
    if (message.priority !== 0) this.number(104, message.priority);
    if (message.deliverAt !== 0) this.number(112, message.deliverAt);
    if (message.requireAck) this.number(120, 1);
    if (message.attempt !== 0) this.wide(128, message.attempt);
  }

  private attributes(attributes: Attributes): void {
    for (const key in attributes) {
      const value = attributes[key]!;
      this.buffer[this.at++] = 42;
      const width = varintWidth(key.length + value.length + 4);
      const start = this.at + width;
      this.at = start;
      if (key !== "") this.string(10, key);
      if (value !== "") this.string(18, value);
      this.closeLength(start, width);
    }
  }

  private answer(answer: Answer): void {
    this.buffer[this.at++] = 82;
    const width = varintWidth(answer.to.length + 16);
    const start = this.at + width;
    this.at = start;
    if (answer.to !== "") this.string(10, answer.to);
    if (answer.number !== 0) this.number(16, answer.number);
    if (answer.of !== 0) this.number(24, answer.of);
    if (answer.failed) this.number(32, 1);
    this.closeLength(start, width);
  }

  /** Writes the length of what was written since `start`, for which `width` bytes were left free; moves it when they do not fit. */
  private closeLength(start: number, width: number): void {
    const length = this.at - start;
    const needed = varintWidth(length);
    if (needed !== width) this.buffer.copyWithin(start - width + needed, start, this.at);
    const end = this.at - width + needed;
    this.at = start - width;
    this.varint(length);
    this.at = end;
  }

  private number(tag: number, value: number): void {
    this.buffer[this.at++] = tag;
    this.varint(value);
  }

  /** A number of a field from 16 on, whose tag takes two bytes. */
  private wide(tag: number, value: number): void {
    this.varint(tag);
    this.varint(value);
  }

  private bytes(tag: number, value: Uint8Array): void {
    this.buffer[this.at++] = tag;
    this.varint(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  private string(tag: number, text: string): void {
    if (text.length > SHORT || !this.ascii(tag, text)) this.unicode(tag, text);
  }

  /** False = the text holds more than ASCII; nothing was appended. */
  private ascii(tag: number, text: string): boolean {
    const { buffer } = this;
    const { length } = text;
    let { at } = this;
    buffer[at++] = tag;
    buffer[at++] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      buffer[at++] = code;
    }
    this.at = at;
    return true;
  }

  private unicode(tag: number, text: string): void {
    this.buffer[this.at++] = tag;
    const length = Buffer.byteLength(text, "utf8");
    this.varint(length);
    this.buffer.write(text, this.at, length, "utf8");
    this.at += length;
  }
}

/** How many bytes a varint takes. */
export function varintWidth(value: number): number {
  let width = 1;
  while (value > 127) {
    value = Math.floor(value / 128);
    width++;
  }
  return width;
}

/** No fewer bytes than the message takes: UTF-8 needs at most three for each UTF-16 unit. */
function boundOf(message: Envelope): number {
  const { messageId, identifier, contentType, sender, replyTo, answer } = message;
  const units = messageId.length + identifier.text.length + contentType.length + sender.length + replyTo.length;
  let bound = OVERHEAD + message.payload.length + 3 * (units + (answer?.to.length ?? 0));
  for (const key in message.attributes) bound += 16 + 3 * (key.length + message.attributes[key]!.length);
  return bound;
}
