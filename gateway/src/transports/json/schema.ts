// JSON Schemas (2020-12) of the contract's messages as the codec reads and shows them.
import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { DURATION, shortName } from "./codec.js";
import { commentOf } from "./comments.js";
import { registry } from "./descriptors.js";
import { MESSAGE } from "./payload.js";

export type JsonSchema = { [key: string]: unknown };

const INTEGERS: Partial<Record<ScalarType, JsonSchema>> = {
  [ScalarType.INT64]: { type: "integer", format: "int64" },
  [ScalarType.UINT64]: { type: "integer", format: "uint64", minimum: 0 },
  [ScalarType.UINT32]: { type: "integer", minimum: 0, maximum: 2 ** 32 - 1 },
};

const PACKAGE = "berrymq.v1";
const REQUIRED = /(?:^|\s)Required[.;]/;

/** How a message's content stands in JSON, in place of the field `payload` (docs/payload.md). */
const contents: Record<string, JsonSchema> = {
  args: { type: "array", description: "With `kwargs`: the content where `content_type` is absent, a berryMQ call." },
  kwargs: { type: "object", description: "See `args`." },
  payload: {
    description:
      "Content of a JSON or `text/` content type: any JSON, or a text. Without `content_type` it is sent as `application/json`.",
  },
  payload_base64: {
    type: "string",
    contentEncoding: "base64",
    description:
      "Content of any other type, and what its content type does not fit. `args` with `kwargs`, `payload` and this exclude each other.",
  },
};

/**
 * Every message of the contract, by its name without the package.
 *
 * @param prefix begins references to them, such as `#/components/schemas/`
 */
export function schemasOf(prefix: string): Record<string, JsonSchema> {
  const messages = [...registry.files].flatMap(({ proto, messages }) => (proto.package === PACKAGE ? messages : []));
  return Object.fromEntries(messages.map((desc) => [desc.name, messageSchema(desc, prefix)]));
}

/** One field, with what its author wrote. */
export function fieldSchema(field: DescField, prefix: string): JsonSchema {
  const schema = valueSchema(field, prefix);
  const description = commentOf(field);
  return description === "" ? schema : { ...schema, description };
}

/** Whether a request without the field is refused. */
export function isRequired(field: DescField): boolean {
  return REQUIRED.test(commentOf(field));
}

function messageSchema(desc: DescMessage, prefix: string): JsonSchema {
  const fields = desc.fields.map((field): [string, JsonSchema] => [field.name, fieldSchema(field, prefix)]);
  const properties = Object.fromEntries(fields);
  const required = desc.fields.filter(isRequired).map(({ name }) => name);
  const [choice] = desc.oneofs.filter(({ fields }) => fields.length > 1);
  return {
    type: "object",
    description: commentOf(desc),
    properties: desc.typeName === MESSAGE ? { ...properties, ...contents } : properties,
    ...(required.length > 0 && { required }),
    ...(choice !== undefined && { oneOf: choice.fields.map(({ name }) => ({ required: [name] })) }),
    additionalProperties: false,
  };
}

function valueSchema(field: DescField, prefix: string): JsonSchema {
  if (field.fieldKind === "map") return { type: "object", additionalProperties: { type: "string" } };
  const one = oneSchema(field, prefix);
  return field.fieldKind === "list" ? { type: "array", items: one } : one;
}

function oneSchema(field: DescField, prefix: string): JsonSchema {
  if (field.message?.typeName === DURATION) return { type: "number", description: "Seconds." };
  if (field.message !== undefined) return { $ref: `${prefix}${field.message.name}` };
  if (field.enum !== undefined) return enumSchema(field.enum);
  return INTEGERS[field.scalar!] ?? { type: field.scalar === ScalarType.BOOL ? "boolean" : "string" };
}

function enumSchema(desc: DescEnum): JsonSchema {
  return { type: "string", enum: desc.values.map(({ name }) => shortName(desc, name)) };
}
