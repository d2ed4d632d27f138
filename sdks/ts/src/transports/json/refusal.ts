// Refusals in JSON as berryMQ's errors: by the reason, otherwise by the code of JSON-RPC or of HTTP.
import { errorOf } from "../../error-of.js";
import type { BerryMQError } from "../../errors.js";
import type { Params } from "./channel.js";

/** Codes that name no reason. */
const reasons: { readonly [code: number]: string } = {
  [-32602]: "INVALID_ARGUMENT",
  [-32601]: "NOT_SUPPORTED",
  400: "INVALID_ARGUMENT",
  404: "NOT_SUPPORTED",
  405: "NOT_SUPPORTED",
  408: "UNAVAILABLE",
  413: "MESSAGE_TOO_LARGE",
  429: "LIMIT_REACHED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "UNAVAILABLE",
};

/** Of a JSON-RPC `error`. */
export function refusalOf(error: Params): BerryMQError {
  const code = Number(error?.code);
  return known(error?.data?.reason ?? error?.reason ?? reasons[code] ?? "INTERNAL", error?.message);
}

/** Of an answer that is no 200; its body is a problem (RFC 9457) where the gateway itself refused. */
export function refusalOfStatus(status: number, problem: Params): BerryMQError {
  const why = problem?.detail ?? problem?.title ?? `HTTP ${status}`;
  return known(problem?.reason ?? reasons[status] ?? "INTERNAL", why);
}

/** Of an outcome, or of a run of refused messages. */
export function known(reason: string, message: string | undefined): BerryMQError {
  return errorOf(reason.toUpperCase(), message ?? "the gateway gave no reason");
}
