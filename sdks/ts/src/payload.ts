// A call's arguments ⇄ the bytes that travel, by content type alone (DESIGN §3).
import { Buffer } from "./bytes.js";
import { InvalidArgument, MalformedMessage } from "./errors.js";
import { parseJson, writeJson } from "./json.js";

export const BYTES = "application/octet-stream";
export const FAILURE = "application/vnd.berrymq.failure+json";

/** Named arguments of a message. */
export type KeywordArguments = Readonly<Record<string, unknown>>;

/** Marks the last argument of a call as its named arguments; made by {@link kwargs}. */
export class Kwargs<Values extends object = KeywordArguments> {
  constructor(
    /** By their names. */
    readonly values: Values,
  ) {}
}

/** `publish("a:b", 1, kwargs({ level: 3 }))`: what Python writes as `publish("a:b", 1, level=3)`. @throws InvalidArgument */
export function kwargs<const Values extends object>(values: Values): Kwargs<Values> {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new InvalidArgument(`kwargs takes an object, as kwargs({ level: 3 }), not ${JSON.stringify(values)}`);
  }
  return new Kwargs(values);
}

/** What a message says: positional and named arguments. */
export interface Call {
  readonly args: readonly unknown[];
  readonly kwargs: KeywordArguments;
}

/** What travels. `contentType` `""` is a berryMQ call. */
export interface Content {
  readonly payload: Buffer;
  readonly contentType: string;
}

export const NO_ARGS: readonly unknown[] = Object.freeze([]);
export const NO_KWARGS: KeywordArguments = Object.freeze({});
const NO_CALL: Call = { args: NO_ARGS, kwargs: NO_KWARGS };
const NOTHING = Buffer.alloc(0);

/** Splits a call's arguments from its trailing {@link kwargs}. @throws InvalidArgument when they are not the last. */
export function toCall(all: readonly unknown[]): Call {
  if (all.length === 0) return NO_CALL;
  const last = all[all.length - 1];
  const named = last instanceof Kwargs;
  const args = named ? all.slice(0, -1) : all;
  for (const each of args) {
    if (each instanceof Kwargs) throw new InvalidArgument("kwargs(…) must be the last argument, and only once");
  }
  return { args, kwargs: named ? last.values : NO_KWARGS };
}

/** @throws NotEncodable naming the path of what JSON cannot hold. */
export function encodeCall(call: Call): Content {
  const { args, kwargs } = call;
  const single = singleBytes(call);
  if (single !== undefined) return { payload: asBuffer(single), contentType: BYTES };
  const named = isNamed(kwargs);
  if (!named && args.length === 0) return { payload: NOTHING, contentType: "" };
  const text = `{"args":${writeJson(args, "args")},"kwargs":${named ? writeJson(kwargs, "kwargs") : "{}"}}`;
  return { payload: Buffer.from(text, "utf8"), contentType: "" };
}

/** What {@link encodeCall} would say. */
export function contentTypeOf(call: Call): string {
  return singleBytes(call) === undefined ? "" : BYTES;
}

function singleBytes({ args, kwargs }: Call): Uint8Array | undefined {
  const [only] = args;
  return args.length === 1 && only instanceof Uint8Array && !isNamed(kwargs) ? only : undefined;
}

function isNamed(kwargs: KeywordArguments): boolean {
  return kwargs !== NO_KWARGS && Object.keys(kwargs).length > 0;
}

/** @throws MalformedMessage when the payload is not what the content type says. */
export function decodeContent(payload: Buffer, contentType: string): Call {
  if (contentType === "") return payload.length === 0 ? NO_CALL : decodeCall(payload);
  if (contentType === BYTES) return one(payload);
  if (isJson(contentType)) return one(json(payload, contentType));
  if (contentType.startsWith("text/")) return one(payload.toString("utf8"));
  return one(payload);
}

/** A view of the same bytes as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function one(value: unknown): Call {
  return { args: [value], kwargs: NO_KWARGS };
}

function isJson(contentType: string): boolean {
  const bare = contentType.split(";", 1)[0]!.trim().toLowerCase();
  return bare === "application/json" || bare.endsWith("+json");
}

function decodeCall(payload: Buffer): Call {
  const call = json(payload, "") as { args?: unknown; kwargs?: unknown } | null;
  const args = call?.args ?? NO_ARGS;
  const kwargs = call?.kwargs ?? NO_KWARGS;
  const shaped = typeof call === "object" && call !== null && !Array.isArray(call);
  if (!shaped || !Array.isArray(args) || typeof kwargs !== "object" || Array.isArray(kwargs)) {
    throw new MalformedMessage(`a call's payload is {"args": [...], "kwargs": {...}}, not ${excerpt(payload)}`);
  }
  return { args, kwargs: kwargs as KeywordArguments };
}

function json(payload: Buffer, contentType: string): unknown {
  try {
    return parseJson(payload.toString("utf8"));
  } catch (error) {
    const what = contentType === "" ? "a berryMQ call" : contentType;
    throw new MalformedMessage(`the payload is not the JSON of ${what}: ${excerpt(payload)}`, { cause: error });
  }
}

function excerpt(payload: Buffer): string {
  return JSON.stringify(payload.toString("utf8", 0, 60));
}
