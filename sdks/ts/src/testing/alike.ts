// Whether what was published is what a test expects.
import { inspect, isDeepStrictEqual } from "node:util";
import { matches, parseIdentifier } from "../identifier.js";
import type { Message } from "../message.js";
import { type Call, toCall } from "../payload.js";

/** What a test expects of a message: all args if any are given, and at least these kwargs. */
export class Expected {
  private readonly call: Call;

  constructor(all: readonly unknown[]) {
    this.call = toCall(all);
  }

  /** @throws InvalidIdentifier */
  of(pattern: string, messages: readonly Message[]): Message[] {
    const parsed = parseIdentifier(pattern);
    return messages.filter((message) => matches(parsed, message.identifier) && this.met(message));
  }

  met(message: Message): boolean {
    const { args, kwargs } = this.call;
    if (args.length > 0 && !alike(args, message.args)) return false;
    return Object.entries(kwargs).every(
      ([name, value]) => name in message.kwargs && alike(value, message.kwargs[name]),
    );
  }

  get text(): string {
    const { args, kwargs } = this.call;
    return `${args.length > 0 ? ` with ${show(args)}` : ""}${Object.keys(kwargs).length > 0 ? ` with ${show(kwargs)}` : ""}`;
  }
}

/** `order:new [7] {"size":3}` */
export function told({ id, args, kwargs }: Message): string {
  return `${id}${args.length > 0 ? ` ${show(args)}` : ""}${Object.keys(kwargs).length > 0 ? ` ${show(kwargs)}` : ""}`;
}

/** Equal; matchers of the test framework (`expect.any(Number)`) judge for themselves. */
function alike(expected: unknown, actual: unknown): boolean {
  const matcher = expected as { asymmetricMatch?: (actual: unknown) => boolean } | undefined | null;
  if (typeof matcher?.asymmetricMatch === "function") return matcher.asymmetricMatch(actual);
  if (typeof expected !== "object" || expected === null || typeof actual !== "object" || actual === null) {
    return Object.is(expected, actual);
  }
  if (!plain(expected) || !plain(actual)) return isDeepStrictEqual(expected, actual);
  const names = Object.keys(expected);
  return (
    Array.isArray(expected) === Array.isArray(actual) &&
    names.length === Object.keys(actual).length &&
    names.every((name) => name in actual && alike(expected[name as never], actual[name as never]))
  );
}

function plain(value: object): boolean {
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

const SHOWN_AT_MOST = 200;

function show(value: unknown): string {
  const text = written(value);
  return text.length > SHOWN_AT_MOST ? `${text.slice(0, SHOWN_AT_MOST)}…` : text;
}

/** As JSON, where it is that. */
function written(value: unknown): string {
  try {
    const readable = (_key: string, part: unknown) => (typeof part === "bigint" ? `${part}n` : part);
    return JSON.stringify(value, readable) ?? String(value);
  } catch {
    return inspect(value);
  }
}
