// JSON text whose numbers stay as they were written: 64-bit integers, 1.0 and 1e400 pass a door unchanged.
import { isLosslessNumber, LosslessNumber, parse, stringify } from "lossless-json";
import { Refusal } from "../../model/errors.js";

/**
 * A fraction, an exponent, or a whole number above 9·10^15, which no time in microseconds is: what JavaScript's numbers may not give back as it came. Further inside a string it only costs time; a
 * string that begins so, as the "2.0" of JSON-RPC, does not count.
 */
const DELICATE = /(?:^|[:[,\s])-?(?:\d{1,16}[.eE]|9\d{15}|\d{17})|(?:^|[:[,\s])-0/;
const PLAIN = /^(0|-?[1-9]\d{0,14}|-?[1-8]\d{15})$/;
/** Levels of nesting: what people write stays far below, and what walks a value may recurse. */
const MOST_LEVELS = 200;

/**
 * Reads JSON. Numbers that JavaScript would change are LosslessNumber.
 *
 * @throws Refusal INVALID_ARGUMENT, naming the place.
 */
export function readJson(text: string, what = "the body"): unknown {
  let value: unknown;
  try {
    value = DELICATE.test(text) ? parse(text, undefined, exactNumber) : JSON.parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(what);
    throw new Refusal("INVALID_ARGUMENT", `${what} is no JSON: ${(error as Error).message}`);
  }
  if (deeperThan(value, MOST_LEVELS)) throw tooDeep(what);
  return value;
}

/** Writes what `readJson` read, and bigint. */
export function writeJson(value: unknown): string {
  return isDelicate(value) ? stringify(value)! : JSON.stringify(value);
}

function exactNumber(text: string): number | LosslessNumber {
  return PLAIN.test(text) ? Number(text) : new LosslessNumber(text);
}

function isDelicate(value: unknown): boolean {
  if (typeof value === "bigint" || isLosslessNumber(value)) return true;
  return partsOf(value).some(isDelicate);
}

function deeperThan(value: unknown, levels: number): boolean {
  return partsOf(value).some((part) => levels === 0 || deeperThan(part, levels - 1));
}

function partsOf(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Array.isArray(value) ? value : Object.values(value);
}

function tooDeep(what: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${what} is nested deeper than ${MOST_LEVELS} levels`);
}
