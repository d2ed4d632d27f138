// What `rpc.discover` answers: the OpenRPC document (https://spec.open-rpc.org), made from the contract and the table of methods.
import type { DescMethod } from "@bufbuild/protobuf";
import { Reason } from "../../gen/berrymq/v1/error.js";
import { Refusal, reasonNames } from "../../model/errors.js";
import { version } from "../../version.js";
import { commentOf } from "../json/comments.js";
import { methodNamed } from "../json/descriptors.js";
import { fieldSchema, isRequired, type JsonSchema, schemasOf } from "../json/schema.js";
import { errorOf } from "./errors.js";
import { type Kind, type Method, methods } from "./methods.js";
import { positionsOf } from "./params.js";

const SCHEMAS = "#/components/schemas/";
const NOTHING: JsonSchema = { type: "object", additionalProperties: false };
const SUBSCRIPTION: JsonSchema = { type: "string", description: "The name that opening answered." };

const words: Partial<Record<Kind, string>> = {
  single: "One request of the contract's stream, answered once everything in it is settled.",
  all: "Answered when all have come or the time is over.",
  last: "Answered at its end.",
  open: "Over WebSocket only. `params` are the first request of the contract's stream; what comes is told as notifications.",
  update: "`params` are a later request of the contract's stream, beside the subscription.",
  end: "Ends the subscription; what waits is not sent.",
};

/** Each notification's own `params`, besides `subscription`. */
const notifications: Record<string, Record<string, JsonSchema>> = {
  "follow.message": {
    message: reference("Message"),
    bytes: { type: "integer", description: "What to give back as credit; present where credit is counted." },
  },
  "follow.applied": { revision: { type: "integer" } },
  "follow.draining": {},
  "follow.ended": { error: { type: "object", description: "Present if it was refused: reason, message, retryable." } },
  "consume.delivery": { delivery: reference("Delivery") },
  "consume.outcomes": { outcomes: { type: "array", items: reference("Outcome") } },
  "consume.draining": {},
  "consume.ended": { error: { type: "object", description: "Present if it was refused: reason, message, retryable." } },
};

export function openRpcDocument(): object {
  return {
    openrpc: "1.3.2",
    info: {
      title: "berryMQ",
      version,
      description: "JSON-RPC 2.0 by POST /rpc and over WebSocket at /rpc.",
      license: { name: "MIT" },
    },
    methods: [...methods].map(([name, method]) => methodObject(name, method)),
    components: { schemas: schemasOf(SCHEMAS), errors: Object.fromEntries(reasonNames.map(errorEntry)) },
  };
}

function methodObject(name: string, method: Method): object {
  const described = methodNamed(method.service, method.call);
  const streams = Object.entries(notifications).filter(([event]) => event.startsWith(`${name}.`));
  return {
    name,
    description: [commentOf(described), words[method.kind]].filter(Boolean).join(" "),
    paramStructure: "either",
    params: paramsOf(described, method.kind),
    result: { name: "result", schema: resultOf(described, method) },
    ...(method.kind === "open" && { "x-notifications": streams.map(notification) }),
  };
}

function paramsOf({ input }: DescMethod, kind: Kind): object[] {
  const byName = new Map(input.fields.map((field) => [field.name, field]));
  const fields = positionsOf(input).map((name) => {
    const field = byName.get(name)!;
    const required = isRequired(field) && kind !== "update";
    return { name, required, description: commentOf(field), schema: fieldSchema(field, SCHEMAS) };
  });
  const subscription = { name: "subscription", required: true, schema: SUBSCRIPTION };
  if (kind === "end") return [subscription];
  return kind === "update" ? [subscription, ...fields] : fields;
}

function resultOf({ output }: DescMethod, { kind, list }: Method): JsonSchema {
  switch (kind) {
    case "open":
      return { type: "object", required: ["subscription"], properties: { subscription: SUBSCRIPTION } };
    case "update":
    case "end":
      return NOTHING;
    case "all": {
      const [field] = output.fields;
      return {
        type: "object",
        required: [list],
        properties: { [list!]: { type: "array", items: fieldSchema(field!, SCHEMAS) } },
      };
    }
    default:
      return reference(output.name);
  }
}

function notification([name, params]: [string, Record<string, JsonSchema>]): object {
  return {
    name,
    params: { type: "object", required: ["subscription"], properties: { subscription: SUBSCRIPTION, ...params } },
  };
}

function reference(name: string): JsonSchema {
  return { $ref: `${SCHEMAS}${name}` };
}

function errorEntry(name: (typeof reasonNames)[number]): [string, object] {
  const { code, data } = errorOf(new Refusal(name, ""));
  return [
    name,
    { code, message: `a sentence that names the value and the way out (reason ${Reason[`REASON_${name}`]})`, data },
  ];
}
