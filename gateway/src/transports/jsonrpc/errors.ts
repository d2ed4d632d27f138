// Refusals as JSON-RPC says them: the specification's codes, or -32000 less the number of the reason.
import { JsonRpcError } from "jsonrpc-lite";
import { Reason } from "../../gen/berrymq/v1/error.js";
import type { ReasonName, Refusal } from "../../model/errors.js";

const OURS = -32000;

/** What the specification has a code for (https://www.jsonrpc.org/specification#error_object). */
const specified: Partial<Record<ReasonName, number>> = {
  INVALID_ARGUMENT: -32602,
  MALFORMED_MESSAGE: -32602,
  INTERNAL: -32603,
};

export function codeOf(reason: ReasonName): number {
  return specified[reason] ?? OURS - Reason[`REASON_${reason}`];
}

export function errorOf({ reason, message, retryable }: Refusal): JsonRpcError {
  return new JsonRpcError(message, codeOf(reason), { reason, retryable });
}

/** The specification's own refusals, in its own words; `detail` names what was wrong. */
export const parseError = (detail: string) => new JsonRpcError("Parse error", -32700, { detail });
export const invalidRequest = (detail: string) => new JsonRpcError("Invalid Request", -32600, { detail });
export const methodNotFound = (detail: string) => new JsonRpcError("Method not found", -32601, { detail });
