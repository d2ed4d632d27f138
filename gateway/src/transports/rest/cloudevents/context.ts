// The context attributes of a CloudEvent and the fields of a message, there and back.
//
// An event of another system keeps what is its own (source, id, time, and a type that is no identifier) in attributes `ce_…` and comes out as
// it came in. A message of berryMQ comes out with the source `berrymq:<sender>` and comes in again as the message that it was.
import { createHash } from "node:crypto";
import { MAX_SENDER_BYTES } from "../../../limits.js";
import { Refusal } from "../../../model/errors.js";
import type { JsonObject } from "../../json/codec.js";
import { readJson, writeJson } from "../../json/text.js";
import { isAddress } from "./check.js";
import { asText, type Context, isText } from "./text.js";
import { microseconds, timeText } from "./time.js";

/** The extension that holds, as JSON, the fields and attributes of a message for which CloudEvents has no place. */
export const REST = "berrymq";

const OURS = "berrymq:";
const KEPT = ["id", "source", "type", "time", "subject", "dataschema"];
const CORE = new Set(["specversion", "datacontenttype", "data", REST, ...KEPT]);
/** Fields of a message that `berrymq` may hold: the others stand in the event itself. */
const FIELDS = new Set(["expires_at", "reply_to", "answer", "hops", "priority", "deliver_at", "require_ack"]);

/** The fields of a message, without its content. @throws Refusal INVALID_ARGUMENT */
export function fieldsOf(context: Context, place: string): JsonObject {
  const { attributes: more, ...fields } = restOf(context[REST], place);
  const identifier = identifierOf(context.type!);
  const extensions = Object.entries(context).filter(([name]) => !CORE.has(name));
  const own = ownIdent(context.source!);
  const marks = own === undefined ? foreign(context) : { id: context.id, sender: own, ...published(context.time) };
  const kept = KEPT.filter((name) => keeps(name, context, identifier, own)).map((name) => [
    `ce_${name}`,
    context[name],
  ]);
  const attributes = { ...Object.fromEntries([...extensions, ...kept]), ...more };
  return { ...fields, ...marks, identifier, attributes };
}

/** The event's attributes, without what its content says. */
export function contextOf(message: JsonObject): Context {
  const attributes = { ...(message.attributes as Context | undefined) };
  const take = (name: string) => {
    const value = attributes[`ce_${name}`];
    delete attributes[`ce_${name}`];
    return value;
  };
  const isForeign = message.id === foreignId(attributes.ce_source, attributes.ce_id);
  const origin = isForeign ? { id: take("id")!, source: take("source")!, ...timed(take("time")) } : ownOrigin(message);
  const type =
    identifierOf(attributes.ce_type ?? "") === message.identifier ? take("type")! : typeOf(`${message.identifier}`);
  const told = ["subject", "dataschema"].filter((name) => isToldAs(name, attributes[`ce_${name}`]));
  const context: Context = { specversion: "1.0", ...origin, type };
  for (const name of told) context[name] = take(name)!;
  for (const [name, value] of Object.entries(attributes)) {
    if (!/^[a-z0-9]+$/.test(name) || CORE.has(name) || !isText(value)) continue;
    context[name] = value;
    delete attributes[name];
  }
  return { ...context, ...rest(message, attributes) };
}

/** Publishers may name attributes as they like: what would not be the event's attribute stays theirs. */
function isToldAs(name: string, value: string | undefined): boolean {
  if (value === undefined || value === "" || !isText(value)) return false;
  return name === "subject" || isAddress(value);
}

/** A type that is no identifier is one of many parts: the last is the action. */
function identifierOf(type: string): string {
  if (type.includes(":")) return type;
  const dot = type.lastIndexOf(".");
  return dot > 0 && dot < type.length - 1 ? `${type.slice(0, dot)}:${type.slice(dot + 1)}` : `${type}:event`;
}

function typeOf(identifier: string): string {
  return identifier.includes(":") ? identifier : `${identifier}:*`;
}

function keeps(name: string, context: Context, identifier: string, own: string | undefined): boolean {
  if (context[name] === undefined) return false;
  if (name === "type") return context.type !== identifier;
  return own === undefined || name === "subject" || name === "dataschema";
}

/** An id belongs to its source, but queues compare ids alone. */
function foreignId(source: string | undefined, id: string | undefined): string | undefined {
  if (source === undefined || id === undefined) return undefined;
  return `ce-${createHash("sha256")
    .update(JSON.stringify([source, id]))
    .digest("base64url")}`;
}

function foreign({ source, id }: Context): JsonObject {
  const fits = Buffer.byteLength(source!) <= MAX_SENDER_BYTES;
  return { id: foreignId(source, id), ...(fits ? { sender: source } : {}) };
}

/** The ident that a source of ours names; undefined = it is another system's. */
function ownIdent(source: string): string | undefined {
  if (!source.startsWith(OURS)) return undefined;
  try {
    const ident = decodeURIComponent(source.slice(OURS.length));
    return ownSource(ident) === source ? ident : undefined;
  } catch {
    return undefined;
  }
}

function ownSource(ident: string): string {
  return OURS + encodeURIComponent(ident);
}

function ownOrigin({ id, sender, published_at: published }: JsonObject): Context {
  const source = ownSource((sender as string | undefined) ?? "");
  return { id: `${id}`, source, ...timed(published === undefined ? undefined : timeText(BigInt(`${published}`))) };
}

function published(time: string | undefined): JsonObject {
  return time === undefined ? {} : { published_at: `${microseconds(time)}` };
}

function timed(time: string | undefined): Context {
  return time === undefined ? {} : { time };
}

/** What `berrymq` says. @throws Refusal INVALID_ARGUMENT */
function restOf(text: string | undefined, place: string): JsonObject & { attributes: JsonObject } {
  const said = text === undefined ? {} : readJson(text, `${place}.${REST}`);
  if (!isObject(said)) throw refused(place, "a JSON object is expected");
  const { attributes = {}, ...fields } = said;
  if (!isObject(attributes)) throw refused(place, "attributes: an object is expected");
  const unknown = Object.keys(fields).find((name) => !FIELDS.has(name));
  if (unknown === undefined) return { ...fields, attributes };
  throw refused(place, `${unknown}: it may hold ${[...FIELDS].join(", ")}, attributes`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rest(message: JsonObject, attributes: Context): Context {
  const fields = Object.entries(message).filter(([name]) => FIELDS.has(name));
  const more = Object.keys(attributes).length > 0 ? [["attributes", attributes]] : [];
  const said = Object.fromEntries([...fields, ...more]);
  return Object.keys(said).length > 0 ? { [REST]: asText(writeJson(said)) } : {};
}

function refused(place: string, why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${place}.${REST}: ${why}`);
}
