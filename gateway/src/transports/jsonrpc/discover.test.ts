// `rpc.discover`: an OpenRPC document that its own schema takes, and that tells every method.
import metaSchema from "@open-rpc/meta-schema";
import { Ajv, type Schema } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { openRpcDocument } from "./discover.js";
import { methods } from "./methods.js";

// biome-ignore lint/suspicious/noExplicitAny: a document to look into
const document = JSON.parse(JSON.stringify(openRpcDocument())) as any;

test("it is what OpenRPC says", () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  // The meta schema's own reference for JSON Schemas, which are compiled below.
  const JSONSchemaObject = { properties: { $ref: { type: "string" } } };
  for (const $id of ["https://meta.json-schema.tools", "https://meta.json-schema.tools/"]) {
    ajv.addSchema({ $id, definitions: { JSONSchemaObject } }, $id);
  }
  const { $schema: _, ...schema } = ((metaSchema as { default?: object }).default ?? metaSchema) as {
    $schema?: string;
  };
  const validate = ajv.compile(schema as Schema);
  expect([validate(document), validate.errors]).toEqual([true, null]);
});

test("it tells every method, each with words, and what is required", () => {
  // biome-ignore lint/suspicious/noExplicitAny: a document to look into
  const told = new Map<string, any>(document.methods.map((method: { name: string }) => [method.name, method]));
  expect([...told.keys()]).toEqual([...methods.keys()]);
  for (const method of told.values()) expect(method.description).not.toBe("");
  expect(
    told.get("queue.get").params.map((each: { name: string; required: boolean }) => [each.name, each.required]),
  ).toEqual([
    ["queue", true],
    ["max", false],
    ["wait", false],
    ["auto_ack", false],
    ["lease", false],
  ]);
  expect(told.get("follow")["x-notifications"].map((each: { name: string }) => each.name)).toEqual([
    "follow.message",
    "follow.applied",
    "follow.draining",
    "follow.ended",
  ]);
});

test("its schemas are schemas, whose references lead somewhere", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "document", components: document.components });
  const validate = ajv.getSchema("document#/components/schemas/CreateRequest")!;
  expect(validate({ queue: { name: "q", lease: 1.5, policy: "broadcast", max_messages: 5 } })).toBe(true);
  expect(validate({ queue: { name: "q", lease: "1.5s" } })).toBe(false);
  expect(validate({ queue: {} })).toBe(false);
  for (const name of Object.keys(document.components.schemas)) {
    expect(ajv.getSchema(`document#/components/schemas/${name}`)).toBeDefined();
  }
});
