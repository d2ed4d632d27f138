// `params` by name, or by position in the order of the fields' numbers.
import type { DescMessage } from "@bufbuild/protobuf";
import { isLosslessNumber } from "lossless-json";
import { Refusal } from "../../model/errors.js";
import type { JsonObject } from "../json/codec.js";

/** The names of a request's fields in the order of their numbers. */
export function positionsOf(request: DescMessage): string[] {
  return [...request.fields].sort((one, other) => one.number - other.number).map(({ name }) => name);
}

/** @throws Refusal INVALID_ARGUMENT */
export function byName(params: unknown, positions: readonly string[]): JsonObject {
  if (params === undefined || params === null) return {};
  if (!Array.isArray(params)) return objectOf(params);
  if (params.length > positions.length) {
    const names = positions.join(", ") || "none";
    throw new Refusal("INVALID_ARGUMENT", `params: ${params.length} of them; there are ${names}`);
  }
  return Object.fromEntries(params.map((value, at) => [positions[at], value]));
}

function objectOf(params: unknown): JsonObject {
  if (typeof params === "object" && !isLosslessNumber(params)) return params as JsonObject;
  throw new Refusal("INVALID_ARGUMENT", "params: a list or an object is expected");
}
