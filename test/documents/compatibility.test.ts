// docs/compatibility.md tells the truth about its proofs: every test that it names is there, and every row says what became of it.
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../support/programs.ts";

interface Row {
  line: number;
  here: string;
  proof: string;
}

const page = readFileSync(join(root, "docs/compatibility.md"), "utf8").split("\n");

/** Rows of the tables whose columns are what it did, what became of it, and the proof. */
const rows: Row[] = page.flatMap((text, index) => {
  const cells = text.startsWith("| ") ? text.slice(1, text.lastIndexOf("|")).split(/(?<!\\)\|/) : [];
  const [, here, proof] = cells.map((cell) => cell.trim());
  const head = here === "here" || here === undefined || proof === undefined;
  return head ? [] : [{ line: index + 1, here, proof }];
});

const spans = (cell: string) => [...cell.matchAll(/(`+)(.+?)\1/g)].map(([, , content]) => content!);

/** `file › name`, with the row that names it. */
const proofs = rows.flatMap(({ line, proof }) => spans(proof).map((span) => ({ line, span })));

const pathOf = (file: string) =>
  basename(file) === file && file.endsWith(".yaml") ? `test/conformance/cases/${file}` : file;

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** How a test of that name is written in each kind of file. */
const finders: Record<string, (text: string, name: string) => boolean> = {
  yaml: (text, name) => casesOf(parse(text)).includes(name),
  ts: (text, name) => new RegExp(`\\b(?:test|it)\\b[^;]*?\\(\\s*(["'\`])${escaped(name)}\\1`).test(text),
  py: (text, name) => new RegExp(`^\\s*(?:async )?def ${escaped(name)}\\(`, "m").test(text),
  rb: (text, name) => new RegExp(`^\\s*def ${escaped(name)}$`, "m").test(text),
};

/** Names of cases; of the table of identifiers, its groups. */
function casesOf(file: { cases?: { name: string }[] }): string[] {
  return file.cases?.map(({ name }) => name) ?? Object.keys(file);
}

function exists(span: string): boolean {
  const [file, name] = span.split(" › ");
  const path = join(root, pathOf(file!));
  if (name === undefined || !existsSync(path)) return false;
  return finders[path.split(".").at(-1)!]?.(readFileSync(path, "utf8"), name) ?? false;
}

test.each(["Part 0: berryMQ 0.3", "Part A: RestMQ", "Part B: snakeMQ 1.6", "Part C: Mezzenger"])(
  "the page has a place for %s",
  (part) => {
    expect(page).toContain(`## ${part}`);
  },
);

describe("every row", () => {
  test("says what became of it", () => {
    const states = /^\*\*(done|done differently|not done)\*\*/;
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter(({ here }) => !states.test(here))).toEqual([]);
  });

  test("that is not done says why", () => {
    const without = rows.filter(({ here }) => here.startsWith("**not done**") && !here.includes("because"));
    expect(without).toEqual([]);
  });

  test("that is done has a proof", () => {
    const bare = rows.filter(({ here, proof }) => spans(proof).length === 0 && !here.startsWith("**not done**"));
    expect(bare).toEqual([]);
  });
});

test("every proof names a test that there is", () => {
  expect(proofs.length).toBeGreaterThan(150);
  expect(proofs.filter(({ span }) => !exists(span)).map(({ line, span }) => `${line}: ${span}`)).toEqual([]);
});
