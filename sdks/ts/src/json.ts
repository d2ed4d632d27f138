// JSON with exact integers: those beyond 2^53 are bigint, and what JSON cannot hold is refused with its path.
import { parseNumbers } from "#platform";
import { NotEncodable } from "./errors.js";

/** A number of 16 digits may be beyond 2^53; without one, the engine's own parser is exact and much faster. */
const LONG_NUMBER = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** Reads JSON; integers beyond 2^53 become bigint. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return LONG_NUMBER.test(text) ? parseNumbers(text, exactNumber) : JSON.parse(text);
}

function exactNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !INTEGER.test(text) ? number : BigInt(text);
}

/**
 * Writes JSON. Properties that are `undefined` are left out, as everywhere in JavaScript; anything else that would
 * arrive as something else (dates, maps, class instances, NaN, functions) is refused.
 *
 * @param path how the value is called in the error, such as `args`.
 * @throws NotEncodable
 */
export function writeJson(value: unknown, path: string): string {
  try {
    const walk = new Walk();
    walk.visit(value, path);
    return walk.foundLarge ? stringify(value) : JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw refuse(path, "too deep", "it holds more levels than the stack does");
    throw error;
  }
}

/** JSON.stringify for plain values and integers of any size. */
function stringify(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  // JavaScript writes 35967665116181872 as 35967665116181870, which is another integer to everybody else.
  if (typeof value === "number" && isLarge(value)) return BigInt(value).toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(stringify).join()}]`;
  const present = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${present.map(([name, part]) => `${JSON.stringify(name)}:${stringify(part)}`).join()}}`;
}

/** A whole number beyond 2^53 that is written without an exponent. */
function isLarge(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
}

class Walk {
  foundLarge = false;
  private readonly ancestors: object[] = [];

  visit(value: unknown, path: string): void {
    switch (typeof value) {
      case "string":
      case "boolean":
        return;
      case "number":
        if (!Number.isFinite(value)) throw refuse(path, `${value}`, "JSON has no such number");
        if (isLarge(value)) this.foundLarge = true;
        return;
      case "bigint":
        this.foundLarge = true;
        return;
      case "object":
        if (value !== null) this.descend(value, path);
        return;
      default:
        throw refuse(path, typeof value, "it has no meaning in another process");
    }
  }

  private descend(value: object, path: string): void {
    if (this.ancestors.includes(value)) throw refuse(path, "a circle", "it holds itself");
    this.ancestors.push(value);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.visit(value[i], `${path}[${i}]`);
    } else {
      this.properties(value, path);
    }
    this.ancestors.pop();
  }

  private properties(value: object, path: string): void {
    if (!isPlain(value)) throw refuse(path, kindOf(value), adviceFor(value));
    for (const [key, part] of Object.entries(value)) if (part !== undefined) this.visit(part, `${path}.${key}`);
  }
}

/** Also of another realm (jest, `node:vm`), whose `Object` is another one. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function kindOf(value: object): string {
  const name = value.constructor?.name || "class instance";
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

function adviceFor(value: object): string {
  if (value instanceof Date) return "publish its toISOString() or getTime()";
  if (value instanceof Uint8Array) return "bytes travel only as the single argument of a message";
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return "publish its bytes, a Uint8Array, alone";
  if (value instanceof Map) return "publish Object.fromEntries(map) or [...map]";
  if (value instanceof Set) return "publish [...set]";
  if (value instanceof Error) return "publish its message";
  return "publish a plain object or array instead";
}

function refuse(path: string, what: string, why: string): NotEncodable {
  return new NotEncodable(`${path} is ${what}, which cannot be written as JSON: ${why}`);
}
