// `make docs` builds the API reference of each SDK, and every public name of the book is explained in it.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../support/programs.ts";

type Language = "python" | "ruby" | "ts";
type Row = Record<Language, string | null>;
const table = parse(readFileSync(join(root, "test/form/parity.yaml"), "utf8")) as Record<string, Row[]>;

beforeAll(() => execFileSync(join(root, "scripts/docs"), { encoding: "utf8" }), 120_000);

function reference(language: Language): string {
  const folder = join(root, "reference", language);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
  return names.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
}

describe.each(["python", "ruby", "ts"] as const)("%s", (language) => {
  test("every public name stands in the reference", () => {
    const text = reference(language);
    const names = Object.values(table).flatMap((rows) => rows.map((row) => row[language]));
    const missing = names.filter((name) => name !== null && !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
  });
});
