// The fields of a message that was made in this process, and copies of any message's fields.
import { type Answer, type Attributes, type Envelope, NO_ATTRIBUTES } from "./envelope.js";
import type { Identifier } from "./identifier.js";
import { nextMessageId } from "./message-id.js";
import { type Call, type Content, contentTypeOf, encodeCall } from "./payload.js";

/** What a message made here may hold beside its arguments. */
export interface Fields {
  content?: Content | undefined;
  messageId?: string | undefined;
  attributes?: Attributes;
  publishedAt?: number;
  expiresAt?: number;
  sender?: string;
  replyTo?: string;
  answer?: Answer | undefined;
  hops?: number;
  priority?: number;
  deliverAt?: number;
  requireAck?: boolean;
  attempt?: number;
  lasting?: Lasting | undefined;
}

/** What a message made beforehand said of its times, in seconds, so that a virtual clock can say when that is. */
export interface Lasting {
  readonly ttl: number | undefined;
  readonly delay: number | undefined;
}

/** A message made here encodes itself and names itself when somebody asks. */
export class MadeEnvelope implements Envelope {
  readonly attributes: Attributes;
  readonly publishedAt: number;
  readonly expiresAt: number;
  readonly sender: string;
  readonly replyTo: string;
  readonly answer: Answer | undefined;
  readonly hops: number;
  readonly priority: number;
  readonly deliverAt: number;
  readonly requireAck: boolean;
  readonly attempt: number;
  readonly resent = false;
  readonly lasting: Lasting | undefined;
  private content: Content | undefined;
  private id: string | undefined;

  constructor(
    readonly identifier: Identifier,
    private readonly call: Call | undefined,
    fields: Fields = NO_FIELDS,
  ) {
    this.content = fields.content;
    this.id = fields.messageId;
    this.attributes = fields.attributes ?? NO_ATTRIBUTES;
    this.publishedAt = fields.publishedAt ?? 0;
    this.expiresAt = fields.expiresAt ?? 0;
    this.sender = fields.sender ?? "";
    this.replyTo = fields.replyTo ?? "";
    this.answer = fields.answer;
    this.hops = fields.hops ?? 0;
    this.priority = fields.priority ?? 0;
    this.deliverAt = fields.deliverAt ?? 0;
    this.requireAck = fields.requireAck ?? false;
    this.attempt = fields.attempt ?? 0;
    this.lasting = fields.lasting;
  }

  get messageId(): string {
    this.id ??= nextMessageId();
    return this.id;
  }

  get payload(): Buffer {
    return this.encoded().payload;
  }

  /** Known without encoding, which may be impossible and is not needed inside the process. */
  get contentType(): string {
    return this.content?.contentType ?? contentTypeOf(this.call!);
  }

  get size(): number {
    return this.content === undefined ? estimate(this.call) : 64 + this.content.payload.length;
  }

  /** What was encoded or given; the arguments may not be encodable at all, and need not be inside the process. */
  get known(): Content | undefined {
    return this.content;
  }

  private encoded(): Content {
    this.content ??= encodeCall(this.call!);
    return this.content;
  }
}

const NO_FIELDS: Fields = Object.freeze({});

/** The fields of an envelope, for a copy. */
export function fieldsOf(source: Envelope): Fields {
  const { messageId, attributes, publishedAt, expiresAt, sender, replyTo, answer, hops } = source;
  const { priority, deliverAt, requireAck, attempt } = source;
  const made = source instanceof MadeEnvelope;
  const content = made ? source.known : contentOf(source);
  const lasting = made ? source.lasting : undefined;
  const who = { messageId, attributes, publishedAt, expiresAt, sender, replyTo, answer, hops };
  return { content, ...who, priority, deliverAt, requireAck, attempt, lasting };
}

/** Of a copy with another ttl or delay. */
export function lastingOf(source: Envelope, ttl: number | undefined, delay: number | undefined): Lasting {
  const before = source instanceof MadeEnvelope ? source.lasting : undefined;
  return { ttl: ttl ?? before?.ttl, delay: delay ?? before?.delay };
}

/** When what was made beforehand ends and is due, if it is published at that moment of a clock of its own. @param micros since the epoch */
export function fromNow(source: Envelope, micros: number): Fields {
  const { ttl, delay } = (source instanceof MadeEnvelope ? source.lasting : undefined) ?? {};
  return {
    ...(ttl === undefined ? {} : { expiresAt: Math.round(micros + ttl * 1e6) }),
    ...(delay === undefined ? {} : { deliverAt: Math.round(micros + delay * 1e6) }),
  };
}

function contentOf({ payload, contentType }: Envelope): Content {
  return { payload, contentType };
}

/** Bytes, roughly, of arguments that were never encoded. */
function estimate(call: Call | undefined): number {
  let bytes = 128;
  for (const each of call?.args ?? []) {
    if (typeof each === "string") bytes += each.length;
    else bytes += each instanceof Uint8Array ? each.length : 16;
  }
  return bytes;
}
