// `make docs` builds the API reference of each SDK, and every public name of the book is explained in it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { interpreters, root, run } from "../support/programs.ts";

type Language = "python" | "ruby" | "ts";
type Row = Record<Language, string | null>;
const table = parse(readFileSync(join(root, "test/form/parity.yaml"), "utf8")) as Record<
  "functions" | "classes",
  Row[]
>;

beforeAll(async () => {
  const built = await run([join(root, "scripts/docs")], { seconds: 150 });
  expect(built, built.stderr).toMatchObject({ exitCode: 0 });
}, 180_000);

function pages(language: Language): { path: string; text: string }[] {
  const folder = join(root, "reference", language);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
  return names.map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), "utf8") }));
}

/** Links of a page to files that are not there; to what is written by scripts as they run, `${…}`, none. */
function deadLinks({ path, text }: { path: string; text: string }): string[] {
  const targets = [...text.matchAll(/<a [^>]*?href="([^"#$]+)/g)].map(([, target]) => decodeURIComponent(target!));
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target)));
}

describe.each(["python", "ruby", "ts"] as const)("%s", (language) => {
  test("every public name stands in the reference", () => {
    const text = pages(language)
      .map((page) => page.text)
      .join("\n");
    const names = [...table.functions, ...table.classes].map((row) => row[language]);
    const missing = names.filter((name) => name !== null && !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
  });

  test("every link leads to a page that is there", () => {
    expect(pages(language).flatMap(deadLinks)).toEqual([]);
  });
});

test("every link of the front page leads to a page that is there", () => {
  const path = join(root, "reference/index.html");
  expect(deadLinks({ path, text: readFileSync(path, "utf8") })).toEqual([]);
});

// TypeScript's is not built with such a name (typedoc.json).
test("Python's leaves no name out for want of a docstring", async () => {
  const told = await run([...interpreters.python, join(import.meta.dirname, "undocumented.py")]);
  expect(told, told.stderr).toMatchObject({ exitCode: 0, stdout: "" });
});
