// The index finds what a scan of all patterns would find.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { type Identifier, matches, readIdentifier } from "../model/identifier.js";
import { PatternIndex } from "./pattern-index.js";

const part = fc.constantFrom("a", "b", "c", "*", "berrymq", "_own");
const namespace = fc.constantFrom("", "", "@n", "@m");
const identifier = fc
  .tuple(part, namespace, fc.constantFrom("x", "y", "*"))
  .map(([name, space, action]) => readIdentifier(`${name}${space}:${action}`));

interface Filed {
  pattern: Identifier;
  target: number;
}

function scan(filed: readonly Filed[], target: Identifier): Set<number> {
  return new Set(filed.filter(({ pattern }) => matches(pattern, target)).map(({ target }) => target));
}

test("whatever is added and removed, it finds what a linear scan finds, once each", () => {
  const filed = fc.record({ pattern: identifier, target: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(filed, { maxLength: 30 }), fc.array(fc.nat(29)), fc.array(identifier), (all, gone, asked) => {
      const index = new PatternIndex<number>();
      for (const { pattern, target } of all) index.add(pattern, target);
      const removed = gone.flatMap((at) => all[at] ?? []);
      for (const { pattern, target } of removed) index.remove(pattern, target);
      const same = (one: Filed) => (other: Filed) =>
        one.pattern.text === other.pattern.text && one.target === other.target;
      const left = all.filter((each) => !removed.some(same(each)));
      for (const each of asked) expect(index.find(each)).toEqual(scan(left, each));
    }),
    { numRuns: 300 },
  );
});

const file = new URL("../../../test/conformance/cases/identifiers.yaml", import.meta.url);
const { matching } = parse(readFileSync(file, "utf8")) as {
  matching: { to: string; pattern: string; reaches: boolean }[];
};

test.each(matching)("a message to $to and a follower of $pattern: $reaches", ({ to, pattern, reaches }) => {
  const index = new PatternIndex<string>();
  index.add(readIdentifier(pattern), "target");
  expect(index.find(readIdentifier(to)).has("target")).toBe(reaches);
});

test("removing what was never added is harmless", () => {
  const index = new PatternIndex<string>();
  index.add(readIdentifier("a:b"), "target");
  for (const pattern of ["a:b", "a:c", "z:b", "a@n:b"]) index.remove(readIdentifier(pattern), "other");
  expect(index.find(readIdentifier("a:b"))).toEqual(new Set(["target"]));
});
