// Compares an answer with what a step expects, and says in a sentence what differs.
import type { Step } from "./case-file.ts";
import type { Answer } from "./driver.ts";
import { agrees, fill, hasFields, show, type Value, type Variables } from "./values.ts";

/** What is wrong with the answer; undefined when nothing is. */
export function difference(step: Step, answer: Answer, variables: Variables): string | undefined {
  if (step.fails !== undefined) return failureDifference(step.fails, answer, variables);
  if ("error" in answer) return `it failed with ${show(answer.error)}`;
  const got = answer.ok;
  for (const [kind, agree] of Object.entries(comparisons)) {
    const given = step[kind as keyof typeof comparisons];
    if (given === undefined) continue;
    const expected = fill(given, variables);
    return agree(expected, got) ? undefined : `expected ${kind} ${show(expected)}, got ${show(got)}`;
  }
  return undefined;
}

const comparisons = {
  returns: agrees,
  includes: hasFields,
  count: (expected: Value, got: Value) => lengthOf(got) === Number(expected),
  messages: (expected: Value, got: Value) =>
    list(expected).length === lengthOf(got) && inOrder(list(expected), list(got)),
  messages_in_any_order: inAnyOrder(hasFields),
  in_any_order: inAnyOrder(agrees),
};

function inOrder(expected: Value[], got: Value[]): boolean {
  return expected.every((item, i) => hasFields(item, got[i]!));
}

function inAnyOrder(agree: (expected: Value, got: Value) => boolean): (expected: Value, got: Value) => boolean {
  return (expected, got) => {
    const left = [...list(got)];
    const everyFound = list(expected).every((item) => {
      const found = left.findIndex((candidate) => agree(item, candidate));
      if (found >= 0) left.splice(found, 1);
      return found >= 0;
    });
    return everyFound && left.length === 0;
  };
}

function list(value: Value): Value[] {
  return Array.isArray(value) ? value : [];
}

function lengthOf(value: Value): number {
  return Array.isArray(value) ? value.length : -1;
}

function failureDifference(expected: NonNullable<Step["fails"]>, answer: Answer, variables: Variables) {
  if (!("error" in answer)) return `expected ${expected.reason ?? "an error"}, got ${show(answer.ok)}`;
  const { reason, retryable, message } = answer.error;
  if (expected.reason !== undefined && reason !== expected.reason) {
    return `expected ${expected.reason}, got ${show(answer.error)}`;
  }
  if (expected.retryable !== undefined && retryable !== expected.retryable) {
    return `expected retryable to be ${expected.retryable}, got ${show(answer.error)}`;
  }
  const text = (value: Value) => String(fill(value, variables));
  if (expected.says !== undefined && !message.includes(text(expected.says))) {
    return `expected “${text(expected.says)}” in the message, got “${message}”`;
  }
  if (expected.not_says !== undefined && message.includes(text(expected.not_says))) {
    return `expected no “${text(expected.not_says)}” in the message, got “${message}”`;
  }
  return undefined;
}

/** The value at a path such as `0.answer.to`. */
export function at(value: Value, path: string): Value {
  const found = path.split(".").reduce<Value | undefined>((inner, key) => {
    if (inner === null || typeof inner !== "object") return undefined;
    return Array.isArray(inner) ? inner[Number(key)] : inner[key];
  }, value);
  if (found === undefined) throw new Error(`there is no ${path} in ${show(value)}`);
  return found;
}
