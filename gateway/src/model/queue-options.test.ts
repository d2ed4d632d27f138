// What queues of the system's own are.
import { expect, test } from "vitest";
import { readIdentifier } from "./identifier.js";
import { DEFAULTS, deadLetterOptions } from "./queue-options.js";

test("dead letters are kept without patterns, and their oldest make room", () => {
  const options = { ...DEFAULTS, name: "q", patterns: [readIdentifier("a:b")], owner: "", dropOldest: false };
  expect(deadLetterOptions(options)).toMatchObject({ name: "q.dead", patterns: [], dropOldest: true });
});
