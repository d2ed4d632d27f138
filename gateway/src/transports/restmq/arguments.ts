// RestMQ's arguments: from the query and from the body, the last one wins, blank is absent, stripped, and UTF-8.
import { isUtf8 } from "node:buffer";
import busboy from "busboy";
import { Refusal } from "../../model/errors.js";
import { readJson, writeJson } from "../json/text.js";

export type Pair = readonly [name: string, value: string];

export class Arguments {
  readonly #values = new Map<string, string>();

  /** In order: of two of one name the last one wins that is not blank. */
  constructor(pairs: Iterable<Pair>) {
    for (const [name, value] of pairs) {
      const text = stripped(value);
      if (text !== "") this.#values.set(name, text);
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** @throws Refusal INVALID_ARGUMENT naming what is missing */
  need(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw new Refusal("INVALID_ARGUMENT", `${name}: it is missing or blank`);
    return value;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what becomes a space
const CONTROL = /[\u0000-\u0008\u000e-\u001f]/g;
/** What Python's `strip` takes off a Unicode text. */
const SPACES = "[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const AROUND = new RegExp(`^${SPACES}|${SPACES}$`, "g");

export function stripped(value: string): string {
  return value.replace(CONTROL, " ").replace(AROUND, "");
}

/** `a=1&b=2`, percent-encoded, `+` for a space. @throws Refusal INVALID_ARGUMENT for what is no UTF-8 */
export function readForm(text: string, what: string): Pair[] {
  return text.split("&").flatMap((pair): Pair[] => {
    const at = pair.indexOf("=");
    if (at < 0) return [];
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)].map((part) => percentDecoded(spaced(part), what));
    return [[name!, value!]];
  });
}

function spaced(text: string): string {
  return text.replaceAll("+", " ");
}

/** Decodes what is percent-encoded, and leaves a `%` alone that is none. @throws Refusal INVALID_ARGUMENT for what is no UTF-8 */
export function percentDecoded(text: string, what: string): string {
  if (!text.includes("%")) return text;
  const parts = text.split(/(%[0-9a-f]{2})/i);
  const bytes = parts.map((part, index) =>
    index % 2 === 1 ? Buffer.of(Number.parseInt(part.slice(1), 16)) : Buffer.from(part),
  );
  return utf8(Buffer.concat(bytes), what);
}

function utf8(bytes: Buffer, what: string): string {
  if (!isUtf8(bytes)) throw new Refusal("INVALID_ARGUMENT", `${what} is not UTF-8`);
  return bytes.toString();
}

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;
const MULTIPART = /^multipart\/form-data\s*(;|$)/i;
export const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** The arguments of a body; a content type that is none of a form's holds none. @throws Refusal INVALID_ARGUMENT */
export async function readBody(body: Buffer, contentType: string): Promise<Pair[]> {
  if (FORM.test(contentType)) return readForm(utf8(body, "the body"), "the body");
  if (MULTIPART.test(contentType)) return readMultipart(body, contentType);
  return JSON_TYPE.test(contentType) ? readMembers(utf8(body, "the body")) : [];
}

/** Members of a JSON object as arguments: what is no text is its JSON text. */
function readMembers(text: string): Pair[] {
  const value = readJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([name, member]) => [name, typeof member === "string" ? member : writeJson(member)]);
}

/** Fields; files are no arguments, as in RestMQ. */
async function readMultipart(body: Buffer, contentType: string): Promise<Pair[]> {
  try {
    return checked(await parsed(body, contentType), body);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal("INVALID_ARGUMENT", `the body is no multipart/form-data: ${why}`);
  }
}

function parsed(body: Buffer, contentType: string): Promise<Pair[]> {
  return new Promise((resolve, reject) => {
    const pairs: Pair[] = [];
    const parser = busboy({ headers: { "content-type": contentType }, limits: { fieldSize: body.length } });
    parser.on("field", (name, value) => pairs.push([name, value]));
    // A file that ends too early fails on its own, and the parser tells.
    parser.on("file", (_name, stream) => stream.on("error", () => {}).resume());
    parser.on("error", reject);
    parser.on("close", () => resolve(pairs));
    parser.end(body);
  });
}

/** The parser puts U+FFFD where something is no UTF-8. @throws Refusal INVALID_ARGUMENT */
function checked(pairs: Pair[], body: Buffer): Pair[] {
  const spoilt = pairs.find((pair) => pair.some((part) => part.includes("\ufffd")));
  if (spoilt !== undefined && !isUtf8(body)) throw new Refusal("INVALID_ARGUMENT", `${spoilt[0]} is not UTF-8`);
  return pairs;
}
