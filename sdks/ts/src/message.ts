// One message as programs see it: immutable, and decoded no further than it is looked at.
import { checksumOf } from "./checksum.js";
import type { Answer, Attributes, Envelope } from "./envelope.js";
import { InvalidArgument } from "./errors.js";
import { type Identifier, rememberedIdentifier } from "./identifier.js";
import { type Fields, fieldsOf, lastingOf, MadeEnvelope } from "./made-envelope.js";
import { asBuffer, BYTES, type Call, type Content, decodeContent, FAILURE, toCall } from "./payload.js";
import type { Receipt } from "./receipt.js";
import { WireEnvelope } from "./wire/reader.js";

/** What travels beside the arguments; for {@link Message.with}. */
export interface MessageOptions {
  /** 0 (default) to 9: queues hand out the higher first. */
  readonly priority?: number | undefined;
  /** Seconds, from now, before which queues do not hand it out. Followers hear it at once. */
  readonly delay?: number | undefined;
  /** True = the gateway keeps it and delivers it again and again until a follower's handlers have returned, or its `ttl` ends. */
  readonly requireAck?: boolean | undefined;
  /** Seconds after which nobody gets it any more, from now. */
  readonly ttl?: number | undefined;
  /** Marks beside the payload: at most 64 texts, by their names. */
  readonly attributes?: Attributes | undefined;
  /** Makes publishing the same thing twice harmless: queues keep one message of each id. At most 128 bytes. */
  readonly messageId?: string | undefined;
  /** What `payload` is, or without one the only argument, if that is bytes. */
  readonly contentType?: string | undefined;
  /** Ready bytes, in place of arguments; `application/octet-stream` unless `contentType` says otherwise. */
  readonly payload?: Uint8Array | undefined;
}

/** What a handler threw, on an answer. */
export interface Failure {
  /** Class of what it threw, as the handler's language calls it. */
  readonly className: string;
  /** What that says. */
  readonly text: string;
}

/** Where a message was published, or came in: {@link Message.twitter} publishes on there. */
export interface Origin {
  again(message: Message, identifier: string | Message, args: readonly unknown[]): Promise<Receipt>;
}

// biome-ignore lint/suspicious/noExplicitAny: what another program sent is the reader's to judge, as with JSON.parse
type AnyArgs = readonly any[];
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyKwargs = Readonly<Record<string, any>>;

/** By which Node asks how something is shown. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A message. One that was received is a view of the batch that it came in; a program that keeps a few of many
 * messages for long calls {@link detach} on them.
 */
export class Message<
  Args extends readonly unknown[] = AnyArgs,
  Kwargs extends object = AnyKwargs,
  Id extends string = string,
> {
  private source: Envelope;
  private call: Call | undefined;
  private handing: Handing | undefined;
  private origin: Origin | undefined;

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
  get id(): Id {
    return this.source.identifier.text as Id;
  }

  /** The identifier, in its parts. */
  get identifier(): Identifier {
    return this.source.identifier;
  }

  /** What stands before the last colon of the identifier, without the namespace. */
  get name(): string {
    return this.source.identifier.name;
  }

  /** What stands after the last colon of the identifier. */
  get action(): string {
    return this.source.identifier.action;
  }

  /** `""` is the default namespace. */
  get namespace(): string {
    return this.source.identifier.namespace;
  }

  /** @throws MalformedMessage when the payload is not what its content type says. */
  get args(): Args {
    return this.decoded().args as Args;
  }

  /** @throws MalformedMessage when the payload is not what its content type says. */
  get kwargs(): Kwargs {
    return this.decoded().kwargs as Kwargs;
  }

  /** The bytes that travel. @throws NotEncodable when the arguments are not JSON (of a message made here). */
  get payload(): Buffer {
    return this.source.payload;
  }

  /** `""` is a berryMQ call. */
  get contentType(): string {
    return this.source.contentType;
  }

  /** Marks beside the payload: at most 64 texts, by their names. */
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

  /** 0 to 9: queues hand out the higher first. */
  get priority(): number {
    return this.source.priority;
  }

  /** Queues hand it out no earlier; undefined = at once. */
  get deliverAt(): Date | undefined {
    return dateOf(this.source.deliverAt);
  }

  /** Whether the gateway delivers it again and again until somebody acknowledged it. */
  get requireAck(): boolean {
    return this.source.requireAck;
  }

  /** Which delivery of this message this is, from 1. */
  get attempt(): number {
    return this.handing?.attempt ?? Math.max(1, this.source.attempt);
  }

  /** Aborted when the lease was lost under which a handler got it (`queue` beside a pattern); undefined elsewhere. */
  get signal(): AbortSignal | undefined {
    return this.handing?.signal;
  }

  /** SHA-256, in hex, of id, identifier, content type and payload: the same wherever it is computed. @throws NotEncodable */
  get checksum(): string {
    return checksumOf(this.source);
  }

  /** Bytes that it occupies; an estimate while its arguments were never encoded. */
  get size(): number {
    return this.source.size;
  }

  /** What the handler threw, when this is the answer of one that did. */
  get failure(): Failure | undefined {
    if (this.contentType !== FAILURE) return undefined;
    const { class: className, text } = (this.decoded().args[0] ?? {}) as { class?: string; text?: string };
    return { className: String(className ?? "Error"), text: String(text ?? "") };
  }

  /** Calls `f` with the named arguments. */
  apply<T>(f: (kwargs: Kwargs) => T): T {
    return f(this.kwargs);
  }

  /**
   * Publishes on, with one hop more, where this message was published or came in; of one made by hand, on the default bus. The
   * promise rejects with HopLimit once it has travelled 100 of them.
   */
  twitter(identifier: string | Message, ...args: readonly unknown[]): Promise<Receipt> {
    const origin = this.origin ?? atHand.origin;
    if (origin === undefined) throw new InvalidArgument("a message made by hand has no bus; publish it on one");
    return origin.again(this as unknown as Message, identifier, args);
  }

  /** A copy with options set. @throws InvalidArgument naming the option and the value. */
  with(options: MessageOptions): Message<Args, Kwargs, Id> {
    const { ttl, messageId, attributes, priority, delay, requireAck } = options;
    const content = givenContent(this.source, options);
    const call = content === undefined ? this.call : undefined;
    return make(this.source.identifier, call, {
      ...fieldsOf(this.source),
      ...(content === undefined ? {} : { content }),
      ...(ttl === undefined ? {} : { expiresAt: expiry(ttl) }),
      ...(messageId === undefined ? {} : { messageId }),
      ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
      ...(priority === undefined ? {} : { priority: checkedPriority(priority) }),
      ...(delay === undefined ? {} : { deliverAt: afterDelay(delay) }),
      ...(ttl === undefined && delay === undefined ? {} : { lasting: lastingOf(this.source, ttl, delay) }),
      ...(requireAck === undefined ? {} : { requireAck }),
    }) as Message<AnyArgs, AnyKwargs> as Message<Args, Kwargs, Id>;
  }

  /** Copies its bytes out of the batch that it came in, so that keeping it keeps nothing else. Returns itself. */
  detach(): this {
    if (this.source instanceof WireEnvelope) this.source.detach();
    return this;
  }

  /** What Node's `console.log` shows: `Message door:opened [ 7 ] { by: 'ann' }`. */
  [INSPECT](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    try {
      return `Message ${this.id} ${inspect(this.args, options)} ${inspect(this.kwargs, options)}`;
    } catch {
      return `Message ${this.id} ${inspect(this.payload, options)}`;
    }
  }

  private decoded(): Call {
    this.call ??= decodeContent(this.source.payload, this.source.contentType);
    return this.call;
  }
}

/** How a message was handed to a handler or a consumer. */
interface Handing {
  readonly attempt: number;
  readonly signal: AbortSignal | undefined;
}

/** Where messages made by hand are published on; the default bus says so. */
export const atHand: { origin: Origin | undefined } = { origin: undefined };

/** The same message, as one that came from there; a copy when it came from elsewhere before. */
export function from(origin: Origin, message: Message): Message {
  const own = message as unknown as { origin: Origin | undefined };
  if (own.origin === origin) return message;
  if (own.origin !== undefined) return from(origin, received(envelopeOf(message), callOf(message)));
  own.origin = origin;
  return message;
}

/** A message of given fields; without content it is encoded from `call` when somebody asks. */
export function make(identifier: Identifier, call: Call | undefined, fields: Fields): Message {
  return received(new MadeEnvelope(identifier, call, fields), call);
}

/** The message of an envelope that was read. */
export function received(source: Envelope, call?: Call): Message {
  return new Message(source as unknown as string, call);
}

/** The same message, as it is handed out for the `attempt`th time. */
export function handed(message: Message, attempt: number, signal?: AbortSignal): Message {
  if (signal === undefined && message.attempt === attempt) return message;
  const again = received(envelopeOf(message), callOf(message)) as unknown as { handing: Handing; origin: unknown };
  again.handing = { attempt, signal };
  again.origin = (message as unknown as { origin: unknown }).origin;
  return again as unknown as Message;
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

function givenContent(source: Envelope, { contentType, payload }: MessageOptions): Content | undefined {
  if (payload !== undefined) return { payload: asBuffer(payload), contentType: contentType ?? BYTES };
  if (contentType === undefined) return undefined;
  if (source.contentType !== "") return { payload: source.payload, contentType };
  const what = `contentType ${JSON.stringify(contentType)} names the kind of bytes`;
  throw new InvalidArgument(`${what}: give payload, too, or one Uint8Array as the only argument`);
}

function expiry(ttl: number): number {
  if (!Number.isFinite(ttl) || ttl <= 0) throw new InvalidArgument(`ttl is seconds above 0, not ${ttl}`);
  return Math.round(nowMicros() + ttl * 1e6);
}

function afterDelay(delay: number): number {
  if (!Number.isFinite(delay) || delay < 0) throw new InvalidArgument(`delay is seconds from 0, not ${delay}`);
  return delay === 0 ? 0 : Math.round(nowMicros() + delay * 1e6);
}

function checkedPriority(priority: number): number {
  if (Number.isInteger(priority) && priority >= 0 && priority <= 9) return priority;
  throw new InvalidArgument(`priority is a whole number from 0 to 9, not ${priority}`);
}

function dateOf(micros: number): Date | undefined {
  return micros === 0 ? undefined : new Date(micros / 1000);
}
