import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { InvalidIdentifier } from "../src/errors.js";
import { Identifier, matches } from "../src/identifier.js";

interface Row {
  text?: string;
  repeat?: { part: string; times: number; before: string; after: string };
  [key: string]: unknown;
}

const path = new URL("../../../test/conformance/cases/identifiers.yaml", import.meta.url);
const table = parse(readFileSync(path, "utf8")) as { valid: Row[]; invalid: Row[]; matching: Row[] };

function textOf({ text, repeat }: Row): string {
  return text ?? `${repeat!.before}${repeat!.part.repeat(repeat!.times)}${repeat!.after}`;
}

describe("an identifier", () => {
  it.each(table.valid)("is read into its parts: $text", ({ note: _, text, repeat, ...parts }) => {
    const identifier = Identifier.parse(textOf({ text, repeat } as Row));
    const whole = repeat ? {} : { namespace: "", local: false, reserved: false };
    expect(identifier).toMatchObject({ ...whole, ...parts });
  });

  it.each(table.invalid)("is refused: $note", (row) => {
    expect(() => Identifier.parse(textOf(row))).toThrow(InvalidIdentifier);
  });

  it.each(table.matching)("to $to reaches $pattern: $reaches", ({ to, pattern, reaches }) => {
    expect(matches(Identifier.parse(String(pattern)), Identifier.parse(String(to)))).toBe(reaches);
  });

  it("quotes the offending part", () => {
    expect(() => Identifier.parse("te*t:run")).toThrow(/name "te\*t"/);
  });

  it("that is no string is refused", () => {
    expect(() => Identifier.parse(7 as unknown as string)).toThrow(InvalidIdentifier);
  });

  it("matches in both directions", () => {
    const part = fc.constantFrom("a", "b", "*");
    const identifier = fc.tuple(part, part).map(([name, action]) => Identifier.parse(`${name}:${action}`));
    fc.assert(fc.property(identifier, identifier, (one, other) => matches(one, other) === matches(other, one)));
  });
});
