// JSON text whose numbers stay as they were written, as the gateway's own (gateway/src/transports/json/text.ts).
import { parseNumbers } from "#platform";
import { Verbatim } from "../../json.js";

/** A request's fields under their names in the contract; undefined = absent. */
export type Fields = { readonly [name: string]: unknown };

/** What JavaScript's numbers may not give back as it came: a fraction, an exponent, beyond 2^53, -0. Elsewhere in a text it only costs time. */
const DELICATE = /[[:,]\s*(?:-?(?:\d+[.eE]|9\d{15}|\d{17})|-0\b)/;

/** Reads JSON; numbers that JavaScript would change are {@link Verbatim}. @throws SyntaxError, RangeError */
export function readText(text: string): unknown {
  return DELICATE.test(text) ? parseNumbers(text, exactly) : JSON.parse(text);
}

function exactly(text: string): unknown {
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : new Verbatim(text);
}
