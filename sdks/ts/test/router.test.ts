import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Identifier, matches, parseIdentifier } from "../src/identifier.js";
import { Router } from "../src/router.js";

const part = fc.constantFrom("a", "b", "c", "*");
const name = fc.constantFrom("a", "b", "*", "berrymq", "_own");
const namespace = fc.constantFrom("", "@one");
const identifiers = fc.tuple(name, namespace, part).map(([n, s, a]) => parseIdentifier(`${n}${s}:${a}`));

interface Named {
  readonly patterns: readonly Identifier[];
  readonly number: number;
}

describe("the router", () => {
  it("finds exactly whom the matching rules name, in order of registration, whatever came and went", () => {
    const steps = fc.array(fc.tuple(identifiers, fc.boolean(), identifiers), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (all) => {
        const router = new Router<Named>();
        const there: Named[] = [];
        all.forEach(([pattern, removes, published], number) => {
          // Some follow two patterns, and are reached once.
          const follower = { patterns: number % 2 === 0 ? [pattern] : [pattern, all[0]![0]], number };
          router.add(follower);
          there.push(follower);
          if (removes) router.remove(there.splice(number % there.length, 1)[0]!);
          expect(router.match(published)).toEqual(
            there.filter(({ patterns }) => patterns.some((each) => matches(each, published))),
          );
        });
      }),
    );
  });

  it("looks at no more patterns when there are more", () => {
    const router = new Router<Named>();
    for (let number = 0; number < 100_000; number++)
      router.add({ patterns: [parseIdentifier(`n${number}:x`)], number });
    const started = performance.now();
    for (let i = 0; i < 10_000; i++) router.match(parseIdentifier(`n${i}:x`));
    // 10000 scans of 100000 patterns would take minutes.
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
