// Reads this repository as text: which files it holds and what stands in them.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

const generated = /(^|\/)gen\//;

/** Paths of files under version control and of new ones that are not ignored, relative to the root. */
export function files(...patterns: string[]): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns], {
    cwd: root,
    encoding: "utf8",
  });
  return listed.split("\n").filter((path) => path !== "" && existsSync(join(root, path)));
}

/** Code written by people. */
export function sourceFiles(): string[] {
  return files("*.ts", "*.py", "*.rb", "*.proto").filter((path) => !generated.test(path));
}

export function text(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function lines(path: string): string[] {
  return text(path).replace(/\n$/, "").split("\n");
}

export interface TableRow {
  [column: string]: string;
}

/** The rows of the first Markdown table of a page whose head has the given first column. */
export function markdownTable(path: string, firstColumn: string): TableRow[] {
  const all = lines(path);
  const start = all.findIndex((line) => cells(line)[0] === firstColumn);
  if (start < 0) throw new Error(`${path} has no table whose first column is “${firstColumn}”`);
  const head = cells(all[start]!);
  const end = all.findIndex((line, i) => i > start && !line.startsWith("|"));
  return all
    .slice(start + 2, end < 0 ? undefined : end)
    .map((line) => Object.fromEntries(cells(line).map((cell, i) => [head[i] ?? `column ${i}`, cell])));
}

function cells(line: string): string[] {
  return line.startsWith("|")
    ? line
        .slice(1, line.lastIndexOf("|"))
        .split("|")
        .map((cell) => cell.trim())
    : [];
}
