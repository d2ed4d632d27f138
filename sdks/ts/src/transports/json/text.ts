// JSON text whose numbers stay as they were written, as the gateway's own (gateway/src/transports/json/text.ts).
import { isLosslessNumber, LosslessNumber, parse, stringify } from "lossless-json";

/** JSON that is ready to be part of a larger one. */
export class Ready {
  constructor(readonly text: string) {}
}

/** A request's fields under their names in the contract; undefined = absent. */
export type Fields = { readonly [name: string]: unknown };

/** What JavaScript's numbers may not give back as it came: a fraction, an exponent, beyond 2^53, -0. Elsewhere in a text it only costs time. */
const DELICATE = /[[:,]\s*-?(?:\d+[.eE]|9\d{15}|\d{17}|0\b)/;
/** The one way in which JavaScript writes a number that it keeps exactly. */
const PLAIN = /^(?:0|-?[1-9]\d{0,14})$/;

/** Reads JSON; numbers that JavaScript would change are LosslessNumber. @throws SyntaxError, RangeError */
export function readText(text: string): unknown {
  return DELICATE.test(text) ? parse(text, undefined, exactly) : JSON.parse(text);
}

/** Writes what `readText` read, {@link Ready} parts and bigint. */
export function writeText(value: unknown): string {
  if (typeof value !== "object" || value === null) return stringify(value) ?? "null";
  if (value instanceof Ready) return value.text;
  if (isLosslessNumber(value)) return value.value;
  if (Array.isArray(value)) return `[${value.map(writeText).join()}]`;
  const present = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${present.map(([name, part]) => `${JSON.stringify(name)}:${writeText(part)}`).join()}}`;
}

function exactly(text: string): unknown {
  const number = Number(text);
  if (PLAIN.test(text) || (Number.isSafeInteger(number) && String(number) === text)) return number;
  return new LosslessNumber(text);
}
