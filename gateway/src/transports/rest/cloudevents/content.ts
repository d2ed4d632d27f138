// The data of a CloudEvent in JSON and the payload of a message in JSON, there and back; what each is, its content type says.
import { isLosslessNumber } from "lossless-json";
import { Refusal } from "../../../model/errors.js";
import type { JsonObject } from "../../json/codec.js";
import { JSON_TYPE, OTHER_CHARSET } from "../../json/payload.js";

/** What a berryMQ call is called where a content type must say so. */
export const CALL = "application/vnd.berrymq.call+json";

/** The content type of data that is given as JSON, or as bytes, without one. */
const OF_JSON = "application/json";
const OF_BYTES = "application/octet-stream";

/** The payload of a message, as its JSON form has it. @throws Refusal INVALID_ARGUMENT */
export function payloadOf(event: JsonObject, place: string): JsonObject {
  const { data, data_base64: base64, datacontenttype } = event;
  const type = (datacontenttype ?? undefined) as string | undefined;
  if (data !== undefined && base64 !== undefined) throw refused(place, "data and data_base64 exclude each other");
  const contentType = type === CALL ? "" : type;
  if (base64 !== undefined) return { content_type: contentType ?? OF_BYTES, payload_base64: base64 };
  if (data === undefined) return { content_type: contentType ?? "" };
  if (type === CALL) return callOf(data, place);
  if (type === undefined || JSON_TYPE.test(type)) return { content_type: type ?? OF_JSON, payload: data };
  if (typeof data !== "string") throw refused(place, `data: with the datacontenttype ${type} a text is expected`);
  if (OTHER_CHARSET.test(type)) throw refused(place, "data: text in JSON is UTF-8; send data_base64");
  return { content_type: type, payload_base64: Buffer.from(data).toString("base64") };
}

/** The data of an event. A call without arguments is an event without data. */
export function dataOf(message: JsonObject): JsonObject {
  const { args, kwargs, payload, payload_base64: base64, content_type: type } = message;
  if (args !== undefined) {
    const isEmpty = (args as unknown[]).length === 0 && Object.keys(kwargs as object).length === 0;
    return isEmpty ? {} : { datacontenttype: CALL, data: { args, kwargs } };
  }
  const datacontenttype = type ?? CALL;
  if (payload !== undefined) return { datacontenttype, data: payload };
  return base64 === "" ? { datacontenttype } : { datacontenttype, data_base64: base64 };
}

function callOf(data: unknown, place: string): JsonObject {
  if (typeof data === "object" && data !== null && !Array.isArray(data) && !isLosslessNumber(data)) {
    const { args = [], kwargs = {}, ...more } = data as JsonObject;
    if (Object.keys(more).length === 0) return { args, kwargs };
  }
  throw refused(place, `data: ${CALL} is {"args": [...], "kwargs": {...}}`);
}

function refused(place: string, why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${place}.${why}`);
}
