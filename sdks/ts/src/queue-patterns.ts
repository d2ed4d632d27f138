// The patterns of one queue: each checked, each once, in an order that says nothing.
import { InvalidArgument } from "./errors.js";
import { type Identifier, matches, parseIdentifier } from "./identifier.js";
import type { QueueOptions } from "./queue.js";

/** As the contract bounds them. */
const MOST_PATTERNS = 100;

/**
 * What a queue of that name keeps: one pattern as it was written; several in full and sorted, so that whoever names the same ones
 * means the same queue.
 *
 * @throws InvalidIdentifier, InvalidArgument quoting what is wrong
 */
export function readPatterns(given: string | readonly string[], name: string | undefined): Identifier[] {
  const texts: readonly string[] = Array.isArray(given) ? given : [given];
  const patterns = new Map<string, Identifier>();
  for (const text of texts) {
    const pattern = parseIdentifier(text);
    const whole = inFull(pattern);
    if (!patterns.has(whole)) patterns.set(whole, pattern);
  }
  const all = [...patterns.values()];
  if (all.length < 1 || all.length > MOST_PATTERNS) {
    throw new InvalidArgument(`patterns: ${all.length} of them; a queue takes 1 to ${MOST_PATTERNS}`);
  }
  if (all.length === 1) return all;
  checkTogether(all, name);
  return [...patterns.keys()].sort(byCodePoint).map(parseIdentifier);
}

export function inFull({ name, action, namespace }: Identifier): string {
  return `${name}${namespace && `@${namespace}`}:${action}`;
}

/** Whether a queue that keeps the ones (none = whatever is laid there) may hold what the other matches. */
export function meets(kept: readonly string[], asked: Identifier): boolean {
  return kept.length === 0 || kept.some((pattern) => matches(parseIdentifier(pattern), asked));
}

/** Of a queue without a pattern. @throws InvalidArgument unless it says which one is meant */
export function assertNamed({ name, shared }: QueueOptions): void {
  if (name && shared) return;
  throw new InvalidArgument(
    'a queue without a pattern is one to open: name it, with queue({ name: "jobs", shared: true }); a queue to make takes a pattern, as in queue("task:*")',
  );
}

/** What a queue that only was named keeps when it is made. @throws InvalidArgument */
export function patternOf(name: string): Identifier {
  try {
    return parseIdentifier(`${name}:*`);
  } catch {
    throw new InvalidArgument(`there is no queue ${name}, and its name makes no pattern to make it with; give one`);
  }
}

function checkTogether(patterns: readonly Identifier[], name: string | undefined): void {
  if (!name)
    throw new InvalidArgument(`patterns: a queue of several, as "${patterns[0]!.text}" and others, needs a name`);
  const local = patterns.find((each) => each.local);
  const other = patterns.find((each) => !each.local);
  if (local && other) {
    throw new InvalidArgument(
      `patterns: "${local.text}" never leaves the process and "${other.text}" does; make a queue of each kind`,
    );
  }
}

/** The order of every other language, where JavaScript's own is that of UTF-16. */
function byCodePoint(one: string, other: string): number {
  const [left, right] = [[...one], [...other]];
  const at = left.findIndex((letter, index) => letter !== right[index]);
  if (at < 0) return left.length - right.length;
  return left[at]!.codePointAt(0)! - (right[at]?.codePointAt(0) ?? -1);
}
