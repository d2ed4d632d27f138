// One message as programs see it: immutable, and decoded no further than it is looked at.
import { type Answer, type Attributes, type Envelope, NO_ATTRIBUTES } from "./envelope.js";
import { InvalidArgument } from "./errors.js";
import { type Identifier, rememberedIdentifier } from "./identifier.js";
import { nextMessageId } from "./message-id.js";
import {
  asBuffer,
  type Call,
  type Content,
  contentTypeOf,
  decodeContent,
  encodeCall,
  FAILURE,
  type KeywordArguments,
  toCall,
} from "./payload.js";
import { WireEnvelope } from "./wire/reader.js";

/** What travels beside the arguments; for {@link Message.with}. */
export interface MessageOptions {
  /** Seconds after which nobody gets it any more, from now. */
  readonly ttl?: number;
  readonly attributes?: Attributes;
  /** Makes publishing the same thing twice harmless: queues keep one message of each id. At most 128 bytes. */
  readonly messageId?: string;
  /** What `payload` is; goes with it. */
  readonly contentType?: string;
  /** Ready bytes, in place of arguments. */
  readonly payload?: Uint8Array;
}

/** What a handler threw, on an answer. */
export interface Failure {
  readonly className: string;
  readonly text: string;
}

/**
 * A message. One that was received is a view of the batch that it came in; a program that keeps a few of many
 * messages for long calls {@link detach} on them.
 */
export class Message {
  private source: Envelope;
  private call: Call | undefined;

  /**
   * Makes a message to be published later, or to be given options by {@link with}.
   *
   * @throws InvalidIdentifier
   */
  constructor(identifier: string, ...args: readonly unknown[]) {
    // `received` and `make` hand an envelope in here: a class has one constructor, and this is the hot one.
    if (typeof identifier === "string") {
      this.call = toCall(args);
      this.source = new MadeEnvelope(rememberedIdentifier(identifier), this.call);
    } else {
      this.call = args[0] as Call | undefined;
      this.source = identifier;
    }
  }

  /** The identifier as text. */
  get id(): string {
    return this.source.identifier.text;
  }

  get identifier(): Identifier {
    return this.source.identifier;
  }

  get name(): string {
    return this.source.identifier.name;
  }

  get action(): string {
    return this.source.identifier.action;
  }

  /** `""` is the default namespace. */
  get namespace(): string {
    return this.source.identifier.namespace;
  }

  /** @throws MalformedMessage when the payload is not what its content type says. */
  // biome-ignore lint/suspicious/noExplicitAny: what another program sent is the reader's to judge, as with JSON.parse
  get args(): readonly any[] {
    return this.decoded().args;
  }

  /** @throws MalformedMessage when the payload is not what its content type says. */
  // biome-ignore lint/suspicious/noExplicitAny: as `args`
  get kwargs(): Readonly<Record<string, any>> {
    return this.decoded().kwargs;
  }

  /** The bytes that travel. @throws NotEncodable when the arguments are not JSON (of a message made here). */
  get payload(): Buffer {
    return this.source.payload;
  }

  /** `""` is a berryMQ call. */
  get contentType(): string {
    return this.source.contentType;
  }

  get attributes(): Attributes {
    return this.source.attributes;
  }

  /** Unique name of this message. */
  get messageId(): string {
    return this.source.messageId;
  }

  /** By the publisher's clock; undefined before it is published. */
  get publishedAt(): Date | undefined {
    return dateOf(this.source.publishedAt);
  }

  /** Undefined = never. */
  get expiresAt(): Date | undefined {
    return dateOf(this.source.expiresAt);
  }

  /** Ident of the program that published it; `""` = it did not say. */
  get sender(): string {
    return this.source.sender;
  }

  /** Where the answers go; `""` = nobody wants one. */
  get replyTo(): string {
    return this.source.replyTo;
  }

  /** Present on an answer: which message it answers. */
  get answer(): Answer | undefined {
    return this.source.answer;
  }

  /** How many talks and links it has travelled. */
  get hops(): number {
    return this.source.hops;
  }

  /** Bytes that it occupies; an estimate while its arguments were never encoded. */
  get size(): number {
    return this.source.size;
  }

  /** What the handler threw, when this is the answer of one that did. */
  get failure(): Failure | undefined {
    if (this.contentType !== FAILURE) return undefined;
    const { class: className, text } = (this.args[0] ?? {}) as { class?: string; text?: string };
    return { className: String(className ?? "Error"), text: String(text ?? "") };
  }

  /** Calls `f` with the named arguments. */
  apply<T>(f: (kwargs: KeywordArguments) => T): T {
    return f(this.kwargs);
  }

  /** A copy with options set. @throws InvalidArgument naming the option and the value. */
  with(options: MessageOptions): Message {
    const { contentType, payload, ttl, messageId, attributes } = options;
    if (contentType !== undefined && payload === undefined) {
      throw new InvalidArgument("contentType says what payload is: give both");
    }
    const call = payload === undefined ? this.call : undefined;
    return make(this.source.identifier, call, {
      ...fieldsOf(this.source),
      ...(payload === undefined ? {} : { content: { payload: asBuffer(payload), contentType: contentType ?? "" } }),
      ...(ttl === undefined ? {} : { expiresAt: expiry(ttl) }),
      ...(messageId === undefined ? {} : { messageId }),
      ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
    });
  }

  /** Copies its bytes out of the batch that it came in, so that keeping it keeps nothing else. Returns itself. */
  detach(): this {
    if (this.source instanceof WireEnvelope) this.source.detach();
    return this;
  }

  private decoded(): Call {
    this.call ??= decodeContent(this.source.payload, this.source.contentType);
    return this.call;
  }
}

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
}

/** A message made here encodes itself and names itself when somebody asks. */
class MadeEnvelope implements Envelope {
  readonly attributes: Attributes;
  readonly publishedAt: number;
  readonly expiresAt: number;
  readonly sender: string;
  readonly replyTo: string;
  readonly answer: Answer | undefined;
  readonly hops: number;
  readonly priority: number;
  readonly deliverAt: number;
  readonly resent = false;
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
function fieldsOf(source: Envelope): Fields {
  const { messageId, attributes, publishedAt, expiresAt, sender, replyTo, answer, hops, priority, deliverAt } = source;
  const content = source instanceof MadeEnvelope ? source.known : contentOf(source);
  return { content, messageId, attributes, publishedAt, expiresAt, sender, replyTo, answer, hops, priority, deliverAt };
}

function contentOf({ payload, contentType }: Envelope): Content {
  return { payload, contentType };
}

/** A message of given fields; without content it is encoded from `call` when somebody asks. */
export function make(identifier: Identifier, call: Call | undefined, fields: Fields): Message {
  return received(new MadeEnvelope(identifier, call, fields), call);
}

/** The message of an envelope that was read. */
export function received(source: Envelope, call?: Call): Message {
  return new Message(source as unknown as string, call);
}

/** A copy with fields changed by the SDK itself. */
export function changed(message: Message, fields: Fields): Message {
  const source = envelopeOf(message);
  return make(source.identifier, callOf(message), { ...fieldsOf(source), ...fields });
}

/** What writing it needs. */
export function envelopeOf(message: Message): Envelope {
  return (message as unknown as { source: Envelope }).source;
}

function callOf(message: Message): Call | undefined {
  return (message as unknown as { call: Call | undefined }).call;
}

/** Now, in microseconds since the Unix epoch. */
export function nowMicros(): number {
  return Date.now() * 1000;
}

function expiry(ttl: number): number {
  if (!Number.isFinite(ttl) || ttl <= 0) throw new InvalidArgument(`ttl is seconds above 0, not ${ttl}`);
  return Math.round(nowMicros() + ttl * 1e6);
}

function dateOf(micros: number): Date | undefined {
  return micros === 0 ? undefined : new Date(micros / 1000);
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
