// The documents hold together: links lead somewhere, the changelog is kept.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { files, lines, root, text } from "./repository.ts";

const pages = files("*.md");

/** As GitHub makes anchors of headings. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

function anchors(path: string): string[] {
  return lines(path)
    .filter((line) => /^#+ /.test(line))
    .map((line) => anchor(line.replace(/^#+ /, "")));
}

function deadLinks(page: string): string[] {
  const links = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return links.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path, fragment] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path!);
    if (!existsSync(join(root, file))) return true;
    return fragment !== undefined && file.endsWith(".md") && !anchors(file).includes(fragment);
  });
}

test.each(pages)("every link of %s leads somewhere", (page) => {
  expect(deadLinks(page)).toEqual([]);
});

test("the changelog has a section for what is not released yet", () => {
  expect(text("CHANGELOG.md")).toMatch(/^## \[?Unreleased\]?$/m);
});

test("the map of the tree in the README names what is there", () => {
  const map =
    text("README.md")
      .match(/```text\n([\s\S]*?)```/g)
      ?.at(-1) ?? "";
  const named = [...map.matchAll(/^([\w./]+)\/\s/gm)].map(([, folder]) => folder!);
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
});
