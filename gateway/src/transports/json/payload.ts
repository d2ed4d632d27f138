// A message's payload in JSON, decided by its content type alone (docs/payload.md): a berryMQ call shows `args` and `kwargs`; JSON shows
// `payload` as JSON, text as text; everything else, and what its content type does not fit, is `payload_base64`.
import { isLosslessNumber } from "lossless-json";
import { Refusal } from "../../model/errors.js";
import { readJson, writeJson } from "./text.js";

/** How payloads are shown: by their content type, or always in base64, byte for byte. */
export type PayloadForm = "readable" | "base64";

export const MESSAGE = "berrymq.v1.Message";

type Fields = { [key: string]: unknown };

export const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
export const TEXT_TYPE = /^text\//i;
export const OTHER_CHARSET = /;\s*charset\s*=\s*"?(?!utf-?8\b)/i;
const DEFAULT_TYPE = "application/json";

/** The contract's `payload` (base64) and `content_type` from what a client wrote. @throws Refusal INVALID_ARGUMENT */
export function payloadFromJson(message: Fields, place: string): Fields {
  const { args, kwargs, payload, payload_base64: base64, ...rest } = message;
  const isCall = args !== undefined || kwargs !== undefined;
  const ways = [isCall, payload !== undefined, base64 !== undefined].filter(Boolean).length;
  if (ways > 1) throw refuse(place, "args and kwargs, payload, payload_base64 exclude each other; send one of them");
  if (isCall) return { ...rest, payload: encoded(callOf(args ?? [], kwargs ?? {}, rest.content_type, place)) };
  if (base64 !== undefined) return { ...rest, payload: base64 };
  if (payload === undefined) return rest;
  const contentType = rest.content_type ?? DEFAULT_TYPE;
  return { ...rest, content_type: contentType, payload: encoded(written(payload, contentType, place)) };
}

/** What a client is shown; fields that say nothing are left out. */
export function payloadToJson(message: Fields, form: PayloadForm = "readable"): Fields {
  const { payload, ...rest } = message;
  const shown = Object.fromEntries(Object.entries(rest).filter(([, value]) => saysSomething(value)));
  if (form === "base64") return { ...shown, payload_base64: payload ?? "" };
  return { ...shown, ...readable(Buffer.from((payload as string) ?? "", "base64"), message.content_type as string) };
}

function callOf(args: unknown, kwargs: unknown, contentType: unknown, place: string): string {
  if (!Array.isArray(args)) throw refuse(`${place}.args`, "a list is expected");
  if (!isObject(kwargs)) throw refuse(`${place}.kwargs`, "an object is expected");
  if (contentType !== undefined && contentType !== "")
    throw refuse(`${place}.content_type`, "args and kwargs are a call, which has none; send payload");
  return writeJson({ args, kwargs });
}

function written(payload: unknown, contentType: unknown, place: string): string {
  if (typeof contentType !== "string") throw refuse(`${place}.content_type`, "a text is expected");
  if (JSON_TYPE.test(contentType)) return writeJson(payload);
  if (!TEXT_TYPE.test(contentType)) {
    throw refuse(`${place}.payload`, `${JSON.stringify(contentType)} is neither JSON nor text; send payload_base64`);
  }
  if (OTHER_CHARSET.test(contentType)) throw refuse(`${place}.payload`, "text in JSON is UTF-8; send payload_base64");
  if (typeof payload !== "string") throw refuse(`${place}.payload`, "with a text/ content type a text is expected");
  return payload;
}

function readable(bytes: Buffer, contentType: string): Fields {
  if (contentType === "") return readableCall(bytes) ?? asBase64(bytes);
  const text = JSON_TYPE.test(contentType) || TEXT_TYPE.test(contentType) ? textOf(bytes, contentType) : undefined;
  if (text === undefined) return asBase64(bytes);
  const value = JSON_TYPE.test(contentType) ? jsonOf(text) : text;
  return value === undefined ? asBase64(bytes) : { payload: value };
}

function readableCall(bytes: Buffer): Fields | undefined {
  if (bytes.length === 0) return { args: [], kwargs: {} };
  const text = textOf(bytes, "");
  const call = text === undefined ? undefined : jsonOf(text);
  if (!isObject(call)) return undefined;
  const { args = [], kwargs = {}, ...more } = call;
  return Array.isArray(args) && isObject(kwargs) && Object.keys(more).length === 0 ? { args, kwargs } : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

function textOf(bytes: Buffer, contentType: string): string | undefined {
  if (OTHER_CHARSET.test(contentType)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function asBase64(bytes: Buffer): Fields {
  return { payload_base64: bytes.toString("base64") };
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

function saysSomething(value: unknown): boolean {
  if (value === "" || value === 0 || value === false) return false;
  return !(isObject(value) && Object.keys(value).length === 0);
}

function refuse(place: string, why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${place}: ${why}`);
}
