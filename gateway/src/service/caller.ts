// Who calls, as a transport read it from its own kind of header.
import { MAX_ID_BYTES, MAX_SENDER_BYTES } from "../limits.js";
import { Refusal } from "../model/errors.js";

export interface Caller {
  /** The random name of its connection, kept over reconnections; empty = anonymous. */
  readonly session: string;
  /** The name by which other programs know it; empty = none. */
  readonly ident: string;
}

/** @throws Refusal INVALID_ARGUMENT */
export function readCaller(session: string, ident: string): Caller {
  checkLength("berrymq-session", session, MAX_ID_BYTES);
  checkLength("berrymq-ident", ident, MAX_SENDER_BYTES);
  return { session, ident };
}

function checkLength(what: string, value: string, limit: number): void {
  const length = Buffer.byteLength(value);
  if (length > limit)
    throw new Refusal("INVALID_ARGUMENT", `${what} is ${length} bytes long; at most ${limit} are taken`);
}
