// Values of cases and answers: exact integers, generated large values, variables, equality.
import { parse as parseJson, stringify } from "lossless-json";

export type Value = null | boolean | string | number | bigint | Value[] | { [key: string]: Value };
export type Variables = Map<string, Value>;

/** Reads JSON. Integers become bigint, whatever their size; numbers with a point or an exponent become number. */
export function decode(text: string): Value {
  return parseJson(text, undefined, (digits) => (/^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits))) as Value;
}

/** Writes JSON in one line. A number keeps its point (`1.0`), so that it is a float in every language. */
export function encode(value: Value): string {
  return stringify(value, undefined, undefined, [
    { test: (number) => typeof number === "number", stringify: (number) => floatText(number as number) },
  ])!;
}

function floatText(float: number): string {
  const text = Object.is(float, -0) ? "-0" : `${float}`;
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * Fills a case's value in: `${name}` alone is that variable's value, inside a text it is its text;
 * `{$repeat: "ab", times: 3}`, `{$nested: 100}` (arrays), `{$all_bytes: true}` (0 to 255) and `{$times: 9, of: item}` (a list whose
 * items know their place as `${i}`, from 0) make what is too long to write.
 */
export function fill(value: Value, variables: Variables): Value {
  if (typeof value === "string") return fillText(value, variables);
  if (Array.isArray(value)) return value.map((item) => fill(item, variables));
  if (value === null || typeof value !== "object") return value;
  if ("$repeat" in value) return String(value.$repeat).repeat(Number(value.times));
  if ("$nested" in value) return nested(Number(value.$nested));
  if ("$times" in value) {
    const places = Array.from({ length: Number(value.$times) }, (_, i) => BigInt(i));
    return places.map((i) => fill(value.of!, new Map(variables).set("i", i)));
  }
  if ("$all_bytes" in value)
    return { $bytes: Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString("base64") };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, variables)]));
}

function nested(depth: number): Value {
  let value: Value = "deep";
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function fillText(text: string, variables: Variables): Value {
  const whole = text.match(/^\$\{(\w+)\}$/);
  if (whole) return variable(whole[1]!, variables);
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => String(variable(name, variables)));
}

function variable(name: string, variables: Variables): Value {
  const value = variables.get(name);
  if (value === undefined) throw new Error(`\${${name}} is used before anything is kept under that name`);
  return value;
}

/**
 * Does an answer agree with what is expected? Integers are told exactly; a float differs from an integer only by its value.
 * `{$any: true}` agrees with everything, `{$says: "text"}` with a text that holds it, `{$like: {…}}` with an object that has
 * at least these fields.
 */
export function agrees(expected: Value, got: Value): boolean {
  if (isObject(expected)) {
    if ("$any" in expected) return true;
    if ("$says" in expected) return typeof got === "string" && got.includes(String(expected.$says));
    if ("$like" in expected) return hasFields(expected.$like!, got);
    return isObject(got) && Object.keys(got).length === Object.keys(expected).length && hasFields(expected, got);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(got) && got.length === expected.length && expected.every((item, i) => agrees(item, got[i]!));
  }
  return sameScalar(expected, got);
}

function sameScalar(a: Value, b: Value): boolean {
  if (typeof a === "bigint" && typeof b === "number") return sameScalar(b, a);
  if (typeof a === "number" && typeof b === "bigint") return Number.isInteger(a) && BigInt(a) === b;
  return a === b;
}

/** Has the object at least these fields, with values that agree? */
export function hasFields(expected: Value, got: Value): boolean {
  if (!isObject(expected) || !isObject(got)) return false;
  return Object.entries(expected).every(([key, value]) => Object.hasOwn(got, key) && agrees(value, got[key]!));
}

function isObject(value: Value): value is { [key: string]: Value } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A value for people, shortened. */
export function show(value: Value | undefined): string {
  const text = value === undefined ? "nothing" : encode(value);
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}
