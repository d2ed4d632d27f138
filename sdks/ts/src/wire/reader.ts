// Reads messages out of a received batch: each is walked once, its strings are decoded when they are asked for.
import { Buffer } from "../bytes.js";
import { type Answer, type Attributes, type Envelope, NO_ATTRIBUTES } from "../envelope.js";
import { MalformedMessage } from "../errors.js";
import { type Identifier, rememberedIdentifier } from "../identifier.js";
import { BYTES, Cursor, signed, VARINT } from "./cursor.js";

const ID = 1;
const IDENTIFIER = 2;
const PAYLOAD = 3;
const CONTENT_TYPE = 4;
const ATTRIBUTES = 5;
const PUBLISHED_AT = 6;
const EXPIRES_AT = 7;
const SENDER = 8;
const REPLY_TO = 9;
const ANSWER = 10;
const RESENT = 11;
const HOPS = 12;
const PRIORITY = 13;
const DELIVER_AT = 14;
const REQUIRE_ACK = 15;
const ATTEMPT = 16;

const NOTHING = Buffer.alloc(0);
const cursor = new Cursor();

/** The fields of a message that lies at `start … end` of a buffer. Made by {@link readMessages} only, which has checked it. */
export class WireEnvelope implements Envelope {
  constructor(
    private bytes: Buffer,
    private start: number,
    private end: number,
    readonly identifier: Identifier,
    /** Bit n is set when field n is there. */
    private readonly present: number,
    readonly expiresAt: number,
    /** Where its id lies in `pinned`, until it is detached. */
    readonly idStart: number,
    readonly idEnd: number,
  ) {}

  get idBytes(): Buffer {
    return this.bytes.subarray(this.idStart, this.idEnd);
  }

  get size(): number {
    return this.end - this.start;
  }

  /** The buffer that it keeps alive. */
  get pinned(): Buffer {
    return this.bytes;
  }

  /** Copies its own bytes out, so that it keeps nothing else alive. */
  detach(): void {
    this.bytes = Buffer.from(this.bytes.subarray(this.start, this.end));
    this.start = 0;
    this.end = this.bytes.length;
  }

  get messageId(): string {
    return this.text(ID);
  }

  get contentType(): string {
    return this.text(CONTENT_TYPE);
  }

  get sender(): string {
    return this.text(SENDER);
  }

  get replyTo(): string {
    return this.text(REPLY_TO);
  }

  get payload(): Buffer {
    return this.seek(PAYLOAD) ? this.bytes.subarray(found.start, found.end) : NOTHING;
  }

  get publishedAt(): number {
    return this.seek(PUBLISHED_AT) ? signed(found.value) : 0;
  }

  get resent(): boolean {
    return this.seek(RESENT) && found.value !== 0;
  }

  get hops(): number {
    return this.seek(HOPS) ? found.value : 0;
  }

  get priority(): number {
    return this.seek(PRIORITY) ? found.value : 0;
  }

  get deliverAt(): number {
    return this.seek(DELIVER_AT) ? signed(found.value) : 0;
  }

  get requireAck(): boolean {
    return this.seek(REQUIRE_ACK) && found.value !== 0;
  }

  get attempt(): number {
    return this.seek(ATTEMPT) ? found.value : 0;
  }

  get answer(): Answer | undefined {
    return this.seek(ANSWER) ? readAnswer(this.bytes, found.start, found.end) : undefined;
  }

  get attributes(): Attributes {
    if ((this.present & (1 << ATTRIBUTES)) === 0) return NO_ATTRIBUTES;
    const all: Record<string, string> = {};
    const walk = new Cursor().over(this.bytes, this.start, this.end);
    while (walk.next()) {
      if (walk.field !== ATTRIBUTES) continue;
      const [key, value] = readEntry(this.bytes, walk.start, walk.end);
      Object.defineProperty(all, key, { value, enumerable: true, configurable: true, writable: true });
    }
    return all;
  }

  private text(field: number): string {
    return this.seek(field) ? this.bytes.toString("utf8", found.start, found.end) : "";
  }

  /** Finds the last occurrence of a field, as protobuf reads it, and leaves where it lies in `found`. */
  private seek(field: number): boolean {
    if ((this.present & (1 << field)) === 0) return false;
    cursor.over(this.bytes, this.start, this.end);
    while (cursor.next()) {
      if (cursor.field !== field) continue;
      found.start = cursor.start;
      found.end = cursor.end;
      found.value = cursor.value;
    }
    return true;
  }
}

/** What {@link WireEnvelope} found last; one for all, since nothing is looked for while something is. */
const found = { start: 0, end: 0, value: 0 };

/** Wire type of each field of a message, by number; every other field is passed over. */
const wireTypes = [
  -1,
  BYTES,
  BYTES,
  BYTES,
  BYTES,
  BYTES,
  VARINT,
  VARINT,
  BYTES,
  BYTES,
  BYTES,
  VARINT,
  VARINT,
  VARINT,
  VARINT,
  VARINT,
  VARINT,
];

/** Reads one message at `start … end`. Remembers the identifier read last: neighbours mostly share it. */
export class MessageReader {
  private lastText = NOTHING;
  private lastIdentifier: Identifier | undefined;
  private readonly walk = new Cursor();

  /** Calls `each` with every message of an encoded batch, in order. @throws MalformedMessage, InvalidIdentifier */
  batch(bytes: Buffer, start: number, end: number, each: (envelope: WireEnvelope) => void): void {
    const outer = new Cursor().over(bytes, start, end);
    while (outer.next()) {
      if (outer.field === 1 && outer.wireType === BYTES) each(this.message(bytes, outer.start, outer.end));
    }
  }

  /** @throws MalformedMessage, InvalidIdentifier */
  message(bytes: Buffer, start: number, end: number): WireEnvelope {
    const walk = this.walk.over(bytes, start, end);
    let present = 0;
    let expiresAt = 0;
    let from = 0;
    let to = 0;
    let idStart = 0;
    let idEnd = 0;
    while (walk.next()) {
      const { field } = walk;
      if (field > ATTEMPT) continue;
      if (walk.wireType !== wireTypes[field])
        throw new MalformedMessage(`field ${field} has wire type ${walk.wireType}`);
      present |= 1 << field;
      if (field === IDENTIFIER) {
        from = walk.start;
        to = walk.end;
      } else if (field === ID) {
        idStart = walk.start;
        idEnd = walk.end;
      } else if (field === EXPIRES_AT) expiresAt = signed(walk.value);
    }
    const identifier = this.identifier(bytes, from, to);
    return new WireEnvelope(bytes, start, end, identifier, present, expiresAt, idStart, idEnd);
  }

  private identifier(bytes: Buffer, from: number, to: number): Identifier {
    if (this.lastIdentifier !== undefined && same(this.lastText, bytes, from, to)) return this.lastIdentifier;
    this.lastIdentifier = rememberedIdentifier(bytes.toString("utf8", from, to));
    this.lastText = Buffer.from(bytes.subarray(from, to));
    return this.lastIdentifier;
  }
}

function same(known: Buffer, bytes: Buffer, from: number, to: number): boolean {
  const { length } = known;
  if (length !== to - from) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[from + i]) return false;
  return true;
}

function readEntry(bytes: Buffer, start: number, end: number): [string, string] {
  const entry: [string, string] = ["", ""];
  const walk = new Cursor().over(bytes, start, end);
  while (walk.next()) {
    if (walk.field <= 2 && walk.wireType === BYTES)
      entry[walk.field - 1] = bytes.toString("utf8", walk.start, walk.end);
  }
  return entry;
}

function readAnswer(bytes: Buffer, start: number, end: number): Answer {
  const answer = { to: "", number: 0, of: 0, failed: false };
  const walk = new Cursor().over(bytes, start, end);
  while (walk.next()) {
    if (walk.field === 1 && walk.wireType === BYTES) answer.to = bytes.toString("utf8", walk.start, walk.end);
    else if (walk.field === 2) answer.number = walk.value;
    else if (walk.field === 3) answer.of = walk.value;
    else if (walk.field === 4) answer.failed = walk.value !== 0;
  }
  return answer;
}
