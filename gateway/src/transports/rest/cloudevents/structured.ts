// CloudEvents in JSON: one (structured mode) or a list of them (batch mode).
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
import { isLosslessNumber } from "lossless-json";
import { Refusal } from "../../../model/errors.js";
import { type JsonObject, toBytes } from "../../json/codec.js";
import { registry } from "../../json/descriptors.js";
import { MESSAGE } from "../../json/payload.js";
import { checkContext } from "./check.js";
import { dataOf, payloadOf } from "./content.js";
import { contextOf, fieldsOf } from "./context.js";
import type { Context } from "./text.js";

const message = registry.getMessage(MESSAGE)!;

/** The encoded message of an event. @param place how the event is called in an error. @throws Refusal INVALID_ARGUMENT */
export function readEvent(event: unknown, place: string): Buffer {
  if (typeof event !== "object" || event === null || Array.isArray(event) || isLosslessNumber(event))
    throw new Refusal("INVALID_ARGUMENT", `${place}: an object is expected`);
  const { data, data_base64: base64, ...attributes } = event as JsonObject;
  const context = textsOf(attributes, place);
  checkContext(context, place);
  const content = payloadOf({ data, data_base64: base64 ?? undefined, ...context }, place);
  return toBytes(message, { ...fieldsOf(context, place), ...content }, place);
}

/** The event of a message in JSON. */
export function writeEvent(shown: JsonObject): JsonObject {
  return { ...contextOf(shown), ...dataOf(shown) };
}

/** Attributes as texts, which is what they are in every other format: `null` is absent. @throws Refusal INVALID_ARGUMENT */
function textsOf(attributes: JsonObject, place: string): Context {
  const given = Object.entries(attributes).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, textOf(name, value, place)]));
}

const TEXTS = new Set(["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema"]);

function textOf(name: string, value: unknown, place: string): string {
  if (typeof value === "string") return value;
  const isOther = typeof value === "boolean" || Number.isInteger(value);
  if (isOther && !TEXTS.has(name)) return String(value);
  const wanted = TEXTS.has(name) ? "a text" : "a text, an integer, true or false";
  throw new Refusal("INVALID_ARGUMENT", `${place}.${name.slice(0, 64)}: ${wanted} is expected`);
}
