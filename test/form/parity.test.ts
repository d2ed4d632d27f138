// The three SDKs have the same public names: each name of parity.yaml exists in its language, asked of the language itself.
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { page as parityPage, parityTable } from "./parity-table.ts";
import { root, text } from "./repository.ts";

type Row = { python: string | null; ruby: string | null; ts: string | null; why?: string };
const table = parse(text("test/form/parity.yaml")) as { functions: Row[]; classes: Row[] };

/** Programs that are given names and print those that are missing, one on a line. */
const programs = {
  python: (names: string[]) => [
    ".venv/bin/python",
    "-c",
    "import sys, berrymq\nfor name in sys.argv[1:]: hasattr(berrymq, name) or print(name)",
    ...names,
  ],
  ruby: (names: string[]) => [
    "ruby",
    "-Isdks/ruby/lib",
    "-Isdks/ruby/gen",
    "-rberrymq",
    "-e",
    "ARGV.each { |n| (n =~ /^[A-Z]/ ? BerryMQ.const_defined?(n) : BerryMQ.respond_to?(n)) || puts(n) }",
    ...names,
  ],
  ts: (names: string[]) => [
    process.execPath,
    "--input-type=module",
    "-e",
    // Types are public names, too, and stand in the declarations only.
    `import * as mq from "./sdks/ts/dist/index.js"; import { readFileSync } from "node:fs";
     const declared = readFileSync("./sdks/ts/dist/index.d.ts", "utf8");
     for (const n of process.argv.slice(1)) if (!(n in mq) && !new RegExp("export .*\\\\b" + n + "\\\\b").test(declared)) console.log(n);`,
    ...names,
  ],
};

describe.each(["python", "ruby", "ts"] as const)("%s", (language) => {
  test.each(["functions", "classes"] as const)("has the public %s of the book", (kind) => {
    const names = table[kind].map((row) => row[language]).filter((name) => name !== null);
    const [command, ...parameters] = programs[language](names);
    const missing = execFileSync(command!, parameters, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
    expect(missing).toEqual([]);
  });
});

test("docs/parity.md says what the code says; `make docs` writes it", () => {
  const { page, unexplained } = parityTable();
  expect(unexplained, "names that some language lacks need a line in `gaps` of parity.yaml").toEqual([]);
  expect(text(parityPage)).toBe(page);
});

test("no reason outlives its gap", () => {
  expect(parityTable().outlived).toEqual([]);
});

test("a language without a name says why", () => {
  const rows = [...table.functions, ...table.classes];
  expect(rows.filter((row) => Object.values(row).includes(null) && !row.why)).toEqual([]);
});
