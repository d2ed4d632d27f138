// What a page about an example shows of it stands there, word for word.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/programs.ts";
import { blocksOf } from "./blocks.ts";

const folder = join(root, "examples/thumbnails");
const extensions: Record<string, string> = { python: ".py", ruby: ".rb", ts: ".ts" };
const flush = (text: string) => text.replaceAll(/^\s+/gm, "").trim();

const blocks = blocksOf(join(folder, "README.md"), "examples/thumbnails/README.md");

test.each(blocks)("the $language lines at line $line of $page are the example's own", ({ language, code }) => {
  const sources = readdirSync(folder).filter((file) => file.endsWith(extensions[language]!));
  const showing = sources.filter((file) => flush(readFileSync(join(folder, file), "utf8")).includes(flush(code)));
  expect(showing).toHaveLength(1);
});

test("there are such lines of every language of the example", () => {
  expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual(["python", "ruby", "ts"]);
});
