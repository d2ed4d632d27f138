// Pieces that many operations of the OpenAPI document share, and what is not in the contract: problems and CloudEvents.
import { Reason } from "../../../gen/berrymq/v1/error.js";
import { MAX_ID_BYTES, MAX_SENDER_BYTES } from "../../../limits.js";
import { reasonNames } from "../../../model/errors.js";
import type { JsonSchema } from "../../json/schema.js";

export const SCHEMAS = "#/components/schemas/";

export const reference = (name: string): JsonSchema => ({ $ref: SCHEMAS + name });

export const content = (type: string, schema: JsonSchema): object => ({ [type]: { schema } });

const payloadForm = {
  description:
    "`base64` = payloads are shown as `payload_base64`, whatever their content type. Absent = by their content type.",
  schema: { type: "string", enum: ["readable", "base64"] },
};

/** Who calls, and how payloads are shown: headers or query parameters, which every operation takes. */
export const callers: Record<string, object> = Object.fromEntries([
  ...caller(
    "session",
    MAX_ID_BYTES,
    "The random name of the caller's connection, kept over requests. Absent = anonymous.",
  ),
  ...caller("ident", MAX_SENDER_BYTES, "The name by which other programs know the caller. Absent = none."),
  ...["payload", "berrymq-payload"].map((name): [string, object] => [
    name,
    { name, in: name === "payload" ? "query" : "header", ...payloadForm },
  ]),
]);

function caller(name: string, maxLength: number, description: string): [string, object][] {
  const header = `berrymq-${name}`;
  const escaped = { type: "string", maxLength, pattern: "^([!-$&-~]|%[0-9A-Fa-f]{2})*$" };
  return [
    [name, { name, in: "query", description, schema: { type: "string", maxLength } }],
    [header, { name: header, in: "header", description: `${description} Percent-encoded UTF-8.`, schema: escaped }],
  ];
}

export const callerReferences = Object.keys(callers).map((name) => ({ $ref: `#/components/parameters/${name}` }));

export const problemResponse = {
  description: "Refused. `reason` and `retryable` tell what to do; with 429 and 503 `Retry-After` tells when.",
  content: content("application/problem+json", reference("Problem")),
};

export const ownSchemas: Record<string, JsonSchema> = {
  Problem: {
    type: "object",
    description: "A refusal (RFC 9457).",
    properties: {
      type: { type: "string" },
      status: { type: "integer" },
      detail: { type: "string", description: "A sentence for people, naming the value and the way out." },
      reason: { type: "string", enum: reasonNames.filter((name) => `REASON_${name}` in Reason) },
      retryable: { type: "boolean", description: "True when the same call may succeed later, unchanged." },
    },
    required: ["type", "status", "detail"],
  },
  CloudEvent: {
    type: "object",
    description: "A CloudEvent 1.0 in JSON. Extensions stand beside the attributes.",
    properties: {
      specversion: { const: "1.0" },
      id: { type: "string", minLength: 1 },
      source: { type: "string", format: "uri-reference", minLength: 1 },
      type: { type: "string", minLength: 1 },
      time: { type: "string", format: "date-time" },
      subject: { type: "string", minLength: 1 },
      datacontenttype: { type: "string", minLength: 1 },
      dataschema: { type: "string", format: "uri" },
      data: {},
      data_base64: { type: "string", contentEncoding: "base64" },
    },
    required: ["specversion", "id", "source", "type"],
  },
  CloudEventBatch: { type: "array", items: reference("CloudEvent"), maxItems: 1000 },
  BatchResponse: {
    type: "object",
    description: "What became of each event, in order.",
    properties: { results: { type: "array", items: reference("PublishResponse") } },
    required: ["results"],
  },
};
