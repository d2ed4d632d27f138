// Bodies of requests: read whole, bounded, as UTF-8.
import express, { type RequestHandler } from "express";
import { Refusal } from "../../model/errors.js";

/** Reads any body into `request.body`, a Buffer (absent = undefined); one that is larger, in bytes, is refused with 413. */
export function rawBody(limit: number): RequestHandler {
  return express.raw({ type: () => true, limit, inflate: false });
}

/** @throws Refusal INVALID_ARGUMENT for what is no UTF-8. */
export function utf8Of(body: Buffer, what = "the body"): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new Refusal("INVALID_ARGUMENT", `${what} is not UTF-8`);
  }
}
