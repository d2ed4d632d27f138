// One route of the table as an operation of the OpenAPI document.
import type { DescField } from "@bufbuild/protobuf";
import { RANGES } from "../../../limits.js";
import { SECOND } from "../../../model/clock.js";
import { commentOf } from "../../json/comments.js";
import { methodNamed } from "../../json/descriptors.js";
import { fieldSchema, type JsonSchema, schemasOf } from "../../json/schema.js";
import { JSON_TYPE } from "../answer.js";
import { BATCH, BINARY, EVENTS_PARAMETER, STRUCTURED } from "../cloudevents/answer.js";
import { LIFE } from "../payload.js";
import { targetOf } from "../request.js";
import type { Route } from "../routes.js";
import { callerReferences, content, problemResponse, reference, SCHEMAS } from "./parts.js";

const schemas = schemasOf(SCHEMAS);

const PAYLOAD =
  "The body is the message's payload and its Content-Type the content type: any. Without one, or with the one that `curl -d` sends by itself, it is text where it is UTF-8. " +
  "Headers `berrymq-attribute-<name>` are attributes, percent-encoded UTF-8.";

const lives: Record<string, string> = {
  ttl: "Seconds after which it loses its worth, instead of `expires_at`.",
  delay: "Seconds before queues hand it out, instead of `deliver_at`.",
};

export function operationOf(route: Route): object {
  const method = methodNamed(route.service, route.call);
  const description = commentOf(method);
  return {
    operationId: `${route.service}.${route.call}${route.body === "payload" ? ".payload" : ""}`,
    tags: [route.service.replace("Service", "")],
    summary: description.split(/(?<=\.)\s/, 1)[0],
    description: route.body === "payload" ? `${description} ${PAYLOAD}` : description,
    parameters: [...pathParameters(route), ...queryParameters(route), ...callerReferences],
    ...bodyOf(route),
    responses: { ...answersOf(route), default: problemResponse },
  };
}

function pathParameters(route: Route): object[] {
  return [...inPath(route)].map(([name, field]) => ({
    name,
    in: "path",
    required: true,
    description: commentOf(field),
    schema: { ...fieldSchema(field, SCHEMAS), minLength: 1 },
  }));
}

function queryParameters(route: Route): object[] {
  const { fields } = targetOf(route);
  const named = (route.query ?? []).map((name) => {
    const field = fields.find((each) => each.name === name)!;
    return { name, in: "query", description: commentOf(field), schema: fieldSchema(field, SCHEMAS) };
  });
  const times = (route.body === "payload" ? LIFE : []).map((name) => ({
    name,
    in: "query",
    description: lives[name],
    schema: { type: "number", minimum: RANGES[name].least / SECOND, maximum: RANGES[name].most / SECOND },
  }));
  return [...named, ...times, ...(route.events === undefined ? [] : [eventsParameter])];
}

const eventsParameter = {
  name: EVENTS_PARAMETER,
  in: "query",
  description: "`binary` = the answer is one message as a CloudEvent in binary mode; 204 = there is none.",
  schema: { type: "string", enum: [BINARY] },
};

function bodyOf(route: Route): object {
  if (route.body === undefined) return {};
  if (route.body === "payload") return { requestBody: { content: content("*/*", {}) } };
  const outside = new Set([...inPath(route).values()].map(({ name }) => name));
  const schema = schemas[targetOf(route).name]!;
  const properties = Object.entries(schema.properties as object).filter(([name]) => !outside.has(name));
  const required = ((schema.required ?? []) as string[]).filter((name) => !outside.has(name));
  const { required: _all, ...rest } = schema;
  const own: JsonSchema = {
    ...rest,
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
  };
  return { requestBody: { required: required.length > 0, content: content(JSON_TYPE, own) } };
}

/** The fields that stand in the path, by the names that the path gives them. */
function inPath(route: Route): ReadonlyMap<string, DescField> {
  const { fields } = targetOf(route);
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return new Map(names.map((name) => [name, fields.find((field) => field.name === (route.named?.[name] ?? name))!]));
}

function answersOf(route: Route): Record<string, object> {
  const { output } = methodNamed(route.service, route.call);
  const description = commentOf(output) || "Done.";
  if (output.fields.length === 0) return { 204: { description } };
  const answer = { description, content: { ...content(JSON_TYPE, shownOf(route)), ...eventContent(route) } };
  return {
    200: answer,
    ...(route.made !== undefined && { 201: { ...answer, description: "This call made it." } }),
    ...(route.events !== undefined && { 204: { description: "One CloudEvent was asked for, and there is none." } }),
  };
}

function shownOf({ service, call, gathered }: Route): JsonSchema {
  const { output } = methodNamed(service, call);
  if (gathered === undefined) return reference(output.name);
  const each = output.fields.find(({ name }) => name === gathered.field)!;
  const list = { type: "array", items: fieldSchema(each, SCHEMAS) };
  return { type: "object", properties: { [gathered.as]: list }, required: [gathered.as] };
}

function eventContent({ events }: Route): object {
  if (events === undefined) return {};
  return { ...content(STRUCTURED, reference("CloudEvent")), ...content(BATCH, reference("CloudEventBatch")) };
}
