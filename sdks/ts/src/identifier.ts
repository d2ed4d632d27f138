// Identifiers and patterns: how an address is read, and whether a message to one reaches a follower of another.
// The rules are those of docs/identifiers.md; test/conformance/cases/identifiers.yaml is their table in every language.
import { InvalidIdentifier } from "./errors.js";

/** The longest name, action or namespace, in bytes of UTF-8. */
export const MAX_PART_BYTES = 255;

/** The name of the system's own messages. Only who names it reaches it. */
export const RESERVED_NAME = "berrymq";

/** An address that was read: `name:action` or `name@namespace:action`. */
export interface Identifier {
  /** As it was written. */
  readonly text: string;
  /** What stands before the last colon, without the namespace. */
  readonly name: string;
  /** What stands after the last colon. */
  readonly action: string;
  /** `""` is the default namespace. */
  readonly namespace: string;
  /** True when the name begins with `_`: it never leaves its process. */
  readonly local: boolean;
  /** True when the name is `berrymq`. */
  readonly reserved: boolean;
}

/** Tells which part of an identifier breaks which rule. */
export { InvalidIdentifier as IdentifierSyntaxError };

/**
 * Reads an identifier or a pattern. The last `:` splits name and action; a name alone means every action of it.
 *
 * @throws InvalidIdentifier quoting the offending part.
 */
export function parseIdentifier(text: string): Identifier {
  if (typeof text !== "string") throw new InvalidIdentifier(`an identifier is a string, not ${String(text)}`);
  const colon = text.lastIndexOf(":");
  const left = colon < 0 ? text : text.slice(0, colon);
  const action = colon < 0 ? "*" : text.slice(colon + 1);
  const at = left.indexOf("@");
  const name = at < 0 ? left : left.slice(0, at);
  checkPart("name", name, text, NAME_FORBIDDEN);
  checkPart("action", action, text, REST_FORBIDDEN);
  const namespace = at < 0 ? "" : left.slice(at + 1);
  if (at >= 0) checkNamespace(namespace, text);
  return { text, name, action, namespace, local: name.startsWith("_"), reserved: name === RESERVED_NAME };
}

/** Reading, by the name that the other languages give it. */
export const Identifier = {
  /** Reads an identifier or a pattern. @throws InvalidIdentifier */
  parse: parseIdentifier,
} as const;

/** Whether a message published to `identifier` reaches a follower of `pattern`; each side may hold wildcards. */
export function matches(pattern: Identifier, identifier: Identifier): boolean {
  return (
    pattern.namespace === identifier.namespace &&
    namesMeet(pattern, identifier) &&
    (pattern.action === identifier.action || pattern.action === "*" || identifier.action === "*")
  );
}

/** A wildcard stands for every name but the reserved one, so that nobody's wildcard forges or collects system messages. */
function namesMeet(one: Identifier, other: Identifier): boolean {
  if (one.name === other.name) return true;
  return (one.name === "*" && !other.reserved) || (other.name === "*" && !one.reserved);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const NAME_FORBIDDEN = /@/;
const REST_FORBIDDEN = /[@:]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

function checkNamespace(namespace: string, text: string): void {
  checkPart("namespace", namespace, text, REST_FORBIDDEN);
  if (namespace === "*")
    throw fault("namespace", namespace, text, "may not be a wildcard: no pattern crosses namespaces");
}

function checkPart(what: string, part: string, text: string, forbidden: RegExp): void {
  if (part === "") throw fault(what, part, text, "is empty");
  if (part !== "*" && part.includes("*"))
    throw fault(what, part, text, "holds a `*`, which stands for a whole part only, as in `*:action` and `name:*`");
  if (CONTROL.test(part)) throw fault(what, part, text, "holds a control character");
  if (forbidden.test(part)) throw fault(what, part, text, "holds a character that is not allowed there (`@` or `:`)");
  if (LONE_SURROGATE.test(part)) throw fault(what, part, text, "is not valid Unicode");
  if (part.length > MAX_PART_BYTES || byteLength(part) > MAX_PART_BYTES) {
    throw fault(what, `${part.slice(0, 20)}…`, `${text.slice(0, 40)}…`, `is longer than ${MAX_PART_BYTES} bytes`);
  }
}

const encoder = new TextEncoder();

function byteLength(part: string): number {
  return part.length * 3 <= MAX_PART_BYTES ? part.length : encoder.encode(part).length;
}

function fault(what: string, part: string, text: string, rule: string): InvalidIdentifier {
  return new InvalidIdentifier(`the ${what} ${JSON.stringify(part)} of ${JSON.stringify(text)} ${rule}`);
}

/** Identifiers read lately, so that publishing to one again costs a look-up. Bounded: when it is full it begins anew. */
const lately = new Map<string, Identifier>();
const LATELY_AT_MOST = 10_000;

/** {@link parseIdentifier} with a memory. */
export function rememberedIdentifier(text: string): Identifier {
  let found = lately.get(text);
  if (found === undefined) {
    found = parseIdentifier(text);
    if (lately.size >= LATELY_AT_MOST) lately.clear();
    lately.set(text, found);
  }
  return found;
}

/** Whether an identifier's name never leaves its process; `""` is none. */
export function isLocal(identifier: string): boolean {
  return identifier !== "" && rememberedIdentifier(identifier).local;
}
