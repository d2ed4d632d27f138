// CloudEvents in binary mode: attributes in headers `ce-…`, the data as the body.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#31-binary-content-mode
import type { Request } from "express";
import type { Message } from "../../../gen/berrymq/v1/message.js";
import { MAX_EVENT_HEADER_BYTES } from "../../../limits.js";
import { Refusal } from "../../../model/errors.js";
import { lengthDelimited } from "../../../model/wire.js";
import { type JsonObject, toBytes } from "../../json/codec.js";
import { registry } from "../../json/descriptors.js";
import { MESSAGE } from "../../json/payload.js";
import { bodyOf, contentTypeOf } from "../content.js";
import { checkContext } from "./check.js";
import { CALL } from "./content.js";
import { contextOf, fieldsOf } from "./context.js";
import type { Context } from "./text.js";

const PREFIX = "ce-";
const PAYLOAD_TAG = 0x1a;

const message = registry.getMessage(MESSAGE)!;

/** An event ready to be sent. */
export interface BinaryEvent {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** The encoded message of an event. @throws Refusal INVALID_ARGUMENT */
export function readBinary(request: Request): Buffer {
  const context = contextFrom(request.rawHeaders);
  const body = bodyOf(request);
  const type = contentTypeOf(request, body);
  checkContext(type === "" ? context : { ...context, datacontenttype: type }, "event");
  const fields = { ...fieldsOf(context, "event"), content_type: type === CALL ? "" : type };
  return Buffer.concat([toBytes(message, fields, "event"), lengthDelimited(PAYLOAD_TAG, body)]);
}

/** The event of a message; undefined where headers cannot carry it. */
export function writeBinary(shown: JsonObject, { payload, contentType }: Message): BinaryEvent | undefined {
  const context = Object.entries(contextOf(shown)).map(([name, value]) => [PREFIX + name, escaped(value)]);
  const type = contentType === "" && payload.length > 0 ? CALL : contentType;
  if (!/^[\x20-\x7e]*$/.test(type)) return undefined;
  const headers: Record<string, string> = Object.fromEntries(context);
  if (type !== "") headers["content-type"] = type;
  const length = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return length > MAX_EVENT_HEADER_BYTES ? undefined : { headers, body: Buffer.from(payload) };
}

function contextFrom(rawHeaders: readonly string[]): Context {
  const context: Context = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (!name.startsWith(PREFIX)) continue;
    const attribute = name.slice(PREFIX.length);
    if (attribute === "datacontenttype") throw refused(name, "the header content-type says it");
    if (Object.hasOwn(context, attribute)) throw refused(name, "it stands twice");
    context[attribute] = unescaped(name, rawHeaders[index + 1]!);
  }
  return context;
}

function escaped(value: string): string {
  return value.replaceAll(/[^\x21-\x7e]|["%]/gu, (character) => encodeURIComponent(character));
}

/** Raw UTF-8, and a `%` that begins no escape, are taken as they stand: today's libraries send them. */
function unescaped(name: string, value: string): string {
  const unquoted = /^".*"$/.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value;
  const bytes = unquoted.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, "latin1"));
  } catch {
    throw refused(name, "it is not UTF-8");
  }
}

function refused(name: string, why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${name.slice(0, 64)}: ${why}`);
}
