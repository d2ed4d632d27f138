// A refusal as RFC 9457 writes it, and the HTTP status of each code (RFC 9110).
import type { Response } from "express";
import type { Code, Refusal } from "../../model/errors.js";

/** One status for each canonical code. */
const statuses = {
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  FAILED_PRECONDITION: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const satisfies Record<Code, number>;

/** The status of a refusal: what is too large says so, the rest follows its code. */
export function statusOf(refusal: Refusal): number {
  return refusal.reason === "MESSAGE_TOO_LARGE" || refusal.reason === "BATCH_TOO_LARGE" ? 413 : statuses[refusal.code];
}

export function refused(response: Response, refusal: Refusal): void {
  const { reason, retryable } = refusal;
  problem(response, statusOf(refusal), refusal.message, { reason, retryable });
}

export function problem(response: Response, status: number, detail: string, more: Record<string, unknown> = {}): void {
  const body = Buffer.from(JSON.stringify({ type: "about:blank", status, detail, ...more }));
  // The media type has no charset (RFC 9457 §6.1), which express would add to a text.
  response.status(status).setHeader("content-type", "application/problem+json");
  response.send(body);
}
