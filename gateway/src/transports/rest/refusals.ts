// What REST refuses: refusals of the contract, and those of HTTP itself, which bear a status of their own.
import type { NextFunction, Request, Response } from "express";
import { Refusal } from "../../model/errors.js";
import { problem, refused } from "../http/problem.js";

/** A refusal that only HTTP knows, such as 405: its status, and the header fields that tell the way out. */
export class HttpRefusal extends Refusal {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super("INVALID_ARGUMENT", message);
  }
}

/** Seconds after which what was refused for now is worth another try. */
const RETRY_SECONDS = "1";
const MAY_RETRY = new Set(["RESOURCE_EXHAUSTED", "UNAVAILABLE"]);

/** Answers refusals as problems; what is no refusal is handed on. */
export function answerRefusal(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  const refusal = readersRefusal(error) ?? error;
  if (response.headersSent || !(refusal instanceof Refusal)) return next(error);
  const { reason, retryable, message } = refusal;
  if (refusal instanceof HttpRefusal) {
    response.set(refusal.headers);
    return problem(response, refusal.status, message, { reason, retryable });
  }
  if (retryable && MAY_RETRY.has(refusal.code)) response.set("retry-after", RETRY_SECONDS);
  refused(response, refusal);
}

/** What express and its reader of bodies refuse, with the status that they gave it. */
function readersRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal || !(error instanceof Error) || !("status" in error)) return undefined;
  const status = Number(error.status);
  if (status < 400 || status > 499) return undefined;
  if (status !== 413) return new HttpRefusal(status, `the request could not be read: ${error.message}`);
  const limit = "limit" in error ? ` of more than ${error.limit} bytes` : "";
  return new Refusal(
    "MESSAGE_TOO_LARGE",
    `a body${limit} is not taken; keep the content elsewhere and send its address`,
  );
}
