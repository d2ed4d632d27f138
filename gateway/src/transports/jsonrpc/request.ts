// What a JSON-RPC 2.0 request is (https://www.jsonrpc.org/specification#request_object).

import { type JsonRpcError, parseObject } from "jsonrpc-lite";
import { isLosslessNumber, type LosslessNumber } from "lossless-json";
import { invalidRequest } from "./errors.js";

/** Given back exactly as it came. */
export type Id = string | number | LosslessNumber | null;

export interface RpcRequest {
  /** undefined = a notification, which is never answered. */
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: unknown;
}

/**
 * @returns the request; or why it is none, to be answered under the id `null`
 */
export function readRequest(value: unknown): RpcRequest | JsonRpcError {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isLosslessNumber(value)) {
    return invalidRequest("a request is an object");
  }
  const { id, method, params, jsonrpc } = value as Record<string, unknown>;
  if (id !== undefined && !isId(id)) return invalidRequest("id: a text, a whole number or null is expected");
  // The library takes neither null nor exact numbers as ids, and would write all of `params` to see whether it can.
  const { type } = parseObject({ jsonrpc, method, ...(id !== undefined && { id: "given" }) });
  if (type === "request" || type === "notification") return { id, method: method as string, params };
  return invalidRequest('a request has "jsonrpc": "2.0" and a "method", which is a text');
}

/** The specification allows null; it advises against fractions, which not everybody can give back exactly. */
function isId(id: unknown): id is Id {
  if (id === null || typeof id === "string") return true;
  return typeof id === "number" || isLosslessNumber(id) ? Number.isInteger(Number(id)) : false;
}
