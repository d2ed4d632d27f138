// Identifiers as the gateway reads them: the table that every language runs.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { matches, readIdentifier, readTarget } from "./identifier.js";

interface Row {
  text?: string;
  repeat?: { part: string; times: number; before: string; after: string };
  name?: string;
  namespace?: string;
  action?: string;
  local?: boolean;
  reserved?: boolean;
}

const file = new URL("../../../test/conformance/cases/identifiers.yaml", import.meta.url);
const table = parse(readFileSync(file, "utf8")) as {
  valid: Row[];
  invalid: Row[];
  matching: { to: string; pattern: string; reaches: boolean }[];
};

function textOf({ text, repeat }: Row): string {
  return repeat === undefined ? text! : repeat.before + repeat.part.repeat(repeat.times) + repeat.after;
}

describe("readIdentifier", () => {
  test.each(table.valid)("takes $text$repeat", (row) => {
    const { namespace, local, reserved, name, action } = readIdentifier(textOf(row));
    expect({ namespace, local, reserved }).toEqual({
      namespace: row.namespace ?? "",
      local: row.local ?? false,
      reserved: row.reserved ?? false,
    });
    if (row.name !== undefined) expect(name).toBe(row.name);
    if (row.action !== undefined) expect(action).toBe(row.action);
  });

  test.each(table.invalid)("refuses $text$repeat", (row) => {
    expect(() => readIdentifier(textOf(row))).toThrow(expect.objectContaining({ reason: "INVALID_IDENTIFIER" }));
  });
});

test.each(table.matching)("a message to $to and a follower of $pattern: $reaches", ({ to, pattern, reaches }) => {
  expect(matches(readIdentifier(pattern), readIdentifier(to))).toBe(reaches);
});

test.each(["berrymq", "berrymq:connect", "berrymq@space:lag"])("%s may be followed and not published to", (text) => {
  expect(readIdentifier(text).reserved).toBe(true);
  expect(() => readTarget(text)).toThrow(expect.objectContaining({ reason: "RESERVED_IDENTIFIER" }));
});
