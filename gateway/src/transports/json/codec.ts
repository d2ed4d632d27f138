// The JSON form of the contract's messages, made from their description: fields under their names in the contract, 64-bit integers as
// numbers, durations as seconds, enumerations in small letters without their prefix, payloads by content type (payload.ts).
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  ScalarType,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { isLosslessNumber } from "lossless-json";
import { Refusal } from "../../model/errors.js";
import { registry } from "./descriptors.js";
import { MESSAGE, type PayloadForm, payloadFromJson, payloadToJson } from "./payload.js";

export type JsonObject = { [key: string]: unknown };

const REASON = "berrymq.v1.Reason";
export const DURATION = "google.protobuf.Duration";
/** A Duration's own bound, about 10,000 years. */
const MOST_SECONDS = 315_576_000_000;
const LONG = new Set([ScalarType.INT64, ScalarType.UINT64]);

/**
 * Encodes what a client sent.
 *
 * @param place how the value is called in an error, such as `params`.
 * @throws Refusal INVALID_ARGUMENT naming the field.
 */
export function toBytes(desc: DescMessage, value: unknown, place: string): Buffer {
  const json = incoming(desc, value, place);
  try {
    return Buffer.from(toBinary(desc, fromJson(desc, json, { registry })));
  } catch (error) {
    throw new Refusal("INVALID_ARGUMENT", `${place}: ${plainly(error)}`);
  }
}

/** What a client is shown of an encoded message. */
export function fromBytes(desc: DescMessage, bytes: Uint8Array, form: PayloadForm = "readable"): JsonObject {
  const json = toJson(desc, fromBinary(desc, bytes), { registry, alwaysEmitImplicit: true, useProtoFieldName: true });
  return outgoing(desc, json as JsonObject, form);
}

/** Protobuf's own JSON of what came. */
function incoming(desc: DescMessage, value: unknown, place: string): JsonValue {
  if (desc.typeName === DURATION) return asDuration(value, place);
  const given = objectOf(value, place);
  const fields = desc.typeName === MESSAGE ? payloadFromJson(given, place) : given;
  const read = Object.entries(fields).flatMap(([key, part]) => {
    const field = desc.fields.find(({ name }) => name === key);
    if (field === undefined) throw unknownField(desc, `${place}.${key}`);
    return part === undefined || part === null ? [] : [[field.jsonName, incomingField(field, part, `${place}.${key}`)]];
  });
  return Object.fromEntries(read) as JsonValue;
}

function incomingField(field: DescField, value: unknown, place: string): JsonValue {
  if (field.fieldKind === "list") {
    if (!Array.isArray(value)) throw wrong(place, "a list", value);
    return value.map((each, index) => incomingOne(field, each, `${place}[${index}]`));
  }
  return field.fieldKind === "map" ? (objectOf(value, place) as JsonValue) : incomingOne(field, value, place);
}

function incomingOne(field: DescField, value: unknown, place: string): JsonValue {
  if (field.message !== undefined) return incoming(field.message, value, place);
  if (field.enum !== undefined && typeof value === "string") return longName(field.enum, value, place);
  if (!isLosslessNumber(value)) return value as JsonValue;
  return LONG.has(field.scalar!) ? value.value : Number(value.value);
}

function asDuration(value: unknown, place: string): string {
  const seconds = typeof value === "number" || isLosslessNumber(value) ? Number(value) : Number.NaN;
  if (!(Math.abs(seconds) <= MOST_SECONDS)) throw wrong(place, "a number of seconds", value);
  return `${seconds.toFixed(9)}s`;
}

function outgoing(desc: DescMessage, json: JsonObject, form: PayloadForm): JsonObject {
  const fields = desc.fields.filter(({ name }) => json[name] !== undefined);
  const shown = Object.fromEntries(fields.map((field) => [field.name, outgoingField(field, json[field.name], form)]));
  return desc.typeName === MESSAGE ? payloadToJson(shown, form) : shown;
}

function outgoingField(field: DescField, value: unknown, form: PayloadForm): unknown {
  if (field.fieldKind === "list") return (value as unknown[]).map((each) => outgoingOne(field, each, form));
  return field.fieldKind === "map" ? value : outgoingOne(field, value, form);
}

function outgoingOne(field: DescField, value: unknown, form: PayloadForm): unknown {
  if (field.message?.typeName === DURATION) return Number.parseFloat(value as string);
  if (field.message !== undefined) return outgoing(field.message, value as JsonObject, form);
  if (field.enum !== undefined) return shortName(field.enum, value as string);
  return LONG.has(field.scalar!) ? wholeNumber(value as string) : value;
}

function wholeNumber(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

/** `POLICY_ROUND_ROBIN` is shown as `round_robin`; reasons stay in capitals, as everywhere. */
export function shortName(desc: DescEnum, name: string): string {
  const short = name.slice(prefixOf(desc).length);
  return desc.typeName === REASON ? short : short.toLowerCase();
}

function longName(desc: DescEnum, name: string, place: string): string {
  const found = desc.values.find((value) => shortName(desc, value.name) === name);
  if (found !== undefined) return found.name;
  const names = desc.values.filter(({ number }) => number !== 0).map((value) => shortName(desc, value.name));
  throw new Refusal("INVALID_ARGUMENT", `${place}: ${JSON.stringify(name)} is none of ${names.join(", ")}`);
}

function prefixOf(desc: DescEnum): string {
  return desc.sharedPrefix === undefined ? "" : desc.sharedPrefix.toUpperCase();
}

function objectOf(value: unknown, place: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isLosslessNumber(value))
    throw wrong(place, "an object", value);
  return value as JsonObject;
}

function wrong(place: string, expected: string, value: unknown): Refusal {
  const shown = isLosslessNumber(value) ? value.value : (JSON.stringify(value) ?? typeof value);
  return new Refusal("INVALID_ARGUMENT", `${place}: ${expected} is expected, not ${shown.slice(0, 64)}`);
}

function unknownField(desc: DescMessage, place: string): Refusal {
  const names = desc.fields.map(({ name }) => name).join(", ");
  return new Refusal("INVALID_ARGUMENT", `${place}: there is no such field; there are ${names || "none"}`);
}

/** The library's own words without the names of its types. */
function plainly(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return why.replace(/cannot (?:decode|encode) (?:field|message) berrymq\.v1\.\w+\.?(\w*) (?:from|to) JSON: /g, "$1: ");
}
