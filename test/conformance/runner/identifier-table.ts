// Makes cases of the one table of identifiers and matching: a case for each row.
import { z } from "zod";
import type { ConformanceCase, Step } from "./case-file.ts";

const note = z.string().optional();
const repeat = z.strictObject({ part: z.string(), times: z.bigint(), before: z.string(), after: z.string() });

const Valid = z.strictObject({
  text: z.string().optional(),
  repeat: repeat.optional(),
  name: z.string().optional(),
  action: z.string().optional(),
  namespace: z.string().default(""),
  local: z.boolean().default(false),
  reserved: z.boolean().default(false),
  note,
});
const Invalid = z.strictObject({ text: z.string().optional(), repeat: repeat.optional(), note });
const Matching = z.strictObject({ to: z.string(), pattern: z.string(), reaches: z.boolean(), note });
const Table = z.strictObject({ valid: z.array(Valid), invalid: z.array(Invalid), matching: z.array(Matching) });

/** Every row as a case that needs no gateway. */
export function identifierCases(content: unknown): ConformanceCase[] {
  const table = Table.parse(content);
  return [...table.valid.map(validCase), ...table.invalid.map(invalidCase), ...table.matching.map(matchingCase)];
}

function validCase(row: z.infer<typeof Valid>): ConformanceCase {
  const { name, action, namespace, local, reserved } = row;
  const told = { name, action, namespace, local, reserved };
  const includes = Object.fromEntries(
    Object.entries(told).filter(([, part]) => part !== undefined),
  ) as Step["includes"];
  return oneStep(`reads ${shown(row)}`, { do: "parse", identifier: textOf(row) }, { includes });
}

function invalidCase(row: z.infer<typeof Invalid>): ConformanceCase {
  const expected = { fails: { reason: "INVALID_IDENTIFIER", retryable: false } };
  return oneStep(`refuses ${shown(row)}`, { do: "parse", identifier: textOf(row) }, expected);
}

function matchingCase({ to, pattern, reaches }: z.infer<typeof Matching>): ConformanceCase {
  const name = `a message to ${to} ${reaches ? "reaches" : "does not reach"} a follower of ${pattern}`;
  return oneStep(name, { do: "matches", pattern, identifier: to }, { returns: reaches });
}

function oneStep(name: string, command: Step["command"], expected: Partial<Step>): ConformanceCase {
  const step: Step = { role: "a", command, meanwhile: [], ...expected };
  const given = { file: "identifiers", name, roles: ["a"], ownGateway: false, everyWire: true, steps: [step] };
  return { ...given, transports: ["none"] };
}

function textOf(row: { text?: string | undefined; repeat?: z.infer<typeof repeat> | undefined }): string {
  if (row.text !== undefined) return row.text;
  const { part, times, before, after } = row.repeat!;
  return before + part.repeat(Number(times)) + after;
}

function shown(row: z.infer<typeof Invalid>): string {
  const text = JSON.stringify(textOf(row));
  return (text.length > 60 ? `${text.slice(0, 60)}…` : text) + (row.note === undefined ? "" : ` (${row.note})`);
}
