// A request of the contract, filled from the path, the query and the body of an HTTP request, as its route says.
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Request } from "express";
import { Refusal } from "../../model/errors.js";
import { lengthDelimited } from "../../model/wire.js";
import { type JsonObject, toBytes } from "../json/codec.js";
import { methodNamed } from "../json/descriptors.js";
import { jsonBodyOf } from "./content.js";
import { LIFE, messageOf } from "./payload.js";
import type { Parameters } from "./query.js";
import type { Route } from "./routes.js";

const FIRST_FIELD = 0x0a;

/** Fills requests of one route. */
export class RequestReader {
  /** Names of the query parameters that the route knows. */
  readonly parameters: readonly string[];
  readonly #target: DescMessage;

  constructor(readonly route: Route) {
    this.#target = targetOf(route);
    this.parameters = [...(route.query ?? []), ...(route.body === "payload" ? LIFE : [])];
  }

  /** The encoded request. @throws Refusal */
  read(request: Request, parameters: Parameters): Buffer {
    const filled = this.#fill(request, parameters);
    return this.route.within === undefined ? filled : lengthDelimited(FIRST_FIELD, filled);
  }

  #fill(request: Request, parameters: Parameters): Buffer {
    const outside = { ...this.#fromPath(request), ...this.#fromQuery(parameters) };
    if (this.route.body === "payload") return messageOf(request, outside, parameters);
    const body = this.route.body === "fields" ? objectOf(jsonBodyOf(request)) : {};
    return toBytes(this.#target, merged(body, outside), "request");
  }

  #fromPath(request: Request): JsonObject {
    const parts = Object.entries(request.params);
    return Object.fromEntries(parts.map(([name, value]) => [this.route.named?.[name] ?? name, value]));
  }

  #fromQuery(parameters: Parameters): JsonObject {
    const given = (this.route.query ?? []).filter((name) => parameters.has(name));
    return Object.fromEntries(given.map((name) => [name, queryValue(this.#field(name), parameters.get(name)!)]));
  }

  #field(name: string): DescField {
    return this.#target.fields.find((field) => field.name === name)!;
  }
}

/** The message that a route's path, query and body fill. */
export function targetOf({ service, call, within }: Route): DescMessage {
  const { input } = methodNamed(service, call);
  return within === undefined ? input : input.fields.find(({ name }) => name === within)!.message!;
}

/** A query's text as JSON; what it cannot be, the codec refuses by name. */
function queryValue(field: DescField, text: string): unknown {
  if (field.scalar !== ScalarType.BOOL) return text;
  if (text === "true" || text === "false") return text === "true";
  throw new Refusal(
    "INVALID_ARGUMENT",
    `${field.name}: ${JSON.stringify(text.slice(0, 64))} is neither true nor false`,
  );
}

function merged(body: JsonObject, outside: JsonObject): JsonObject {
  for (const [name, value] of Object.entries(outside)) {
    if ((body[name] ?? value) === value) continue;
    throw new Refusal("INVALID_ARGUMENT", `${name}: the path says ${JSON.stringify(value)}, the body something else`);
  }
  return { ...body, ...outside };
}

function objectOf(body: unknown): JsonObject {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as JsonObject;
  throw new Refusal("INVALID_ARGUMENT", "the body: an object is expected");
}
