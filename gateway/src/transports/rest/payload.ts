// A message whose payload is the body as it came: its marks stand in the query, its attributes in headers.
import type { Request } from "express";
import { RANGES } from "../../limits.js";
import { SECOND, systemClock } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";
import { lengthDelimited } from "../../model/wire.js";
import { decoded } from "../http/query.js";
import { type JsonObject, toBytes } from "../json/codec.js";
import { registry } from "../json/descriptors.js";
import { MESSAGE } from "../json/payload.js";
import { bodyOf, contentTypeOf } from "./content.js";
import type { Parameters } from "./query.js";

/** Query parameters in seconds from now, and the times that they stand for. */
const TIMES = { ttl: "expires_at", delay: "deliver_at" } as const;
export const LIFE = Object.keys(TIMES) as (keyof typeof TIMES)[];

const ATTRIBUTE_HEADER = "berrymq-attribute-";
const PAYLOAD_TAG = 0x1a;

const message = registry.getMessage(MESSAGE)!;

/** The encoded message. @param fields those that path and query gave. @throws Refusal INVALID_ARGUMENT */
export function messageOf(request: Request, fields: JsonObject, parameters: Parameters): Buffer {
  const body = bodyOf(request);
  const marks = {
    ...fields,
    ...timesOf(fields, parameters),
    content_type: contentTypeOf(request, body),
    attributes: attributesOf(request),
  };
  return Buffer.concat([toBytes(message, marks, "request"), lengthDelimited(PAYLOAD_TAG, body)]);
}

function timesOf(fields: JsonObject, parameters: Parameters): JsonObject {
  const given = LIFE.filter((name) => parameters.has(name));
  return Object.fromEntries(
    given.map((name) => {
      if (fields[TIMES[name]] !== undefined)
        throw refused(name, `it says the same as ${TIMES[name]}; send one of them`);
      return [TIMES[name], systemClock.wall() + microsecondsOf(name, parameters.get(name)!)];
    }),
  );
}

function microsecondsOf(name: keyof typeof TIMES, text: string): number {
  const { least, most } = RANGES[name];
  const time = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * SECOND) : Number.NaN;
  if (time >= least && time <= most) return time;
  const range = `between ${least / SECOND} and ${most / SECOND}`;
  throw refused(name, `${JSON.stringify(text.slice(0, 64))} is not a number of seconds ${range}`);
}

function attributesOf(request: Request): JsonObject {
  const given = Object.entries(request.headers).filter(([name]) => name.startsWith(ATTRIBUTE_HEADER));
  return Object.fromEntries(
    given.map(([name, value]) => [name.slice(ATTRIBUTE_HEADER.length), decoded(`${value}`, name)]),
  );
}

function refused(name: string, why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${name}: ${why}`);
}
