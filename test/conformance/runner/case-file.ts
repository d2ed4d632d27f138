// Reads case files: what a case and its steps look like, refused with the file's name when they do not.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { identifierCases } from "./identifier-table.ts";
import type { Value } from "./values.ts";

/** none = the bus alone, in one process; grpc = buses joined by a real gateway. */
export const Transport = z.enum(["none", "grpc"]);
export type Transport = z.infer<typeof Transport>;

const value = z.custom<Value>((given) => given !== undefined);
const fields = z.record(z.string(), value);

const Expectation = {
  /** The answer is exactly this. */
  returns: value.optional(),
  /** The answer is an object with at least these fields. */
  includes: fields.optional(),
  /** The answer is a list of objects, in this order, each with at least these fields. */
  messages: value.optional(),
  /** The same in any order. */
  messages_in_any_order: value.optional(),
  /** The answer is a list of exactly these values in any order. */
  in_any_order: value.optional(),
  /** The answer is a list of so many. */
  count: z.bigint().optional(),
  /** The answer is an error. `says` must stand in its message, `not_says` must not. */
  fails: z
    .strictObject({
      /** Absent = any. */
      reason: z.string().optional(),
      retryable: z.boolean().optional(),
      says: value.optional(),
      not_says: value.optional(),
    })
    .optional(),
};

const controls = {
  ...Expectation,
  /** Variables to keep from the answer: name → path such as `0.reply_to`. */
  keep: z.record(z.string(), z.string()).optional(),
  /** Ask again until the expectation holds, for at most so many seconds. */
  eventually: z.union([z.number(), z.bigint()]).optional(),
};

export interface Step extends z.infer<z.ZodObject<typeof controls>> {
  role: string;
  command: { [key: string]: Value };
  /** Steps to take after the command is sent and before its answer is awaited. */
  meanwhile: Step[];
}

const Case = z.strictObject({
  name: z.string(),
  roles: z.array(z.string()).min(1).max(3).default(["a"]),
  transports: z.array(Transport).optional(),
  /** A gateway of its own, which the case may kill (`runner: { do: kill_gateway }`) and start again on the same port. */
  own_gateway: z.boolean().default(false),
  every_wire: z.boolean().default(true),
  steps: z.array(z.looseObject({})).min(1),
});

const CaseFile = z.strictObject({ transports: z.array(Transport).default(["none", "grpc"]), cases: z.array(Case) });

export interface ConformanceCase {
  file: string;
  name: string;
  roles: string[];
  transports: Transport[];
  ownGateway: boolean;
  everyWire: boolean;
  steps: Step[];
}

/** Reads every case of the folder. Cases of several roles need a gateway between them. */
export function readCases(folder: string): ConformanceCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .flatMap((name) => {
      const content: unknown = parse(readFileSync(join(folder, name), "utf8"), { intAsBigInt: true });
      const file = basename(name, ".yaml");
      try {
        return file === "identifiers" ? identifierCases(content) : casesOf(file, CaseFile.parse(content));
      } catch (error) {
        throw new Error(`${name}: ${error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message}`);
      }
    });
}

function casesOf(file: string, content: z.infer<typeof CaseFile>): ConformanceCase[] {
  return content.cases.map((given) => ({
    file,
    name: given.name,
    roles: given.roles,
    transports: given.roles.length > 1 || given.own_gateway ? ["grpc"] : (given.transports ?? content.transports),
    ownGateway: given.own_gateway,
    everyWire: given.every_wire,
    steps: given.steps.map((step) => readStep(step, given.roles, given.name)),
  }));
}

function readStep(given: Record<string, unknown>, roles: string[], name: string): Step {
  const { meanwhile, ...rest } = given;
  const role = Object.keys(rest).find((key) => roles.includes(key) || key === "runner");
  if (role === undefined)
    throw new Error(`“${name}”: a step names none of its roles ${roles.join(", ")}: ${Object.keys(rest)}`);
  const { [role]: command, ...control } = rest;
  const inner = z.array(z.looseObject({})).default([]).parse(meanwhile);
  return {
    role,
    command: fields.parse(command),
    ...z.strictObject(controls).parse(control),
    meanwhile: inner.map((step) => readStep(step, roles, name)),
  };
}
