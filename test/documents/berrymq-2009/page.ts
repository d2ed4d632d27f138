// The page that introduced berryMQ in 2009, and the programs in it: found by rule, since it lost its layout.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Program {
  language: "python" | "ruby";
  code: string;
}

/** A line of a program: a statement that ends where the line does. Every other line is prose. */
const statements = [
  /^class \w+(\(.*\):)?$/,
  /^def \w+\(.*\):?$/,
  /^from \w+ import .+$/,
  /^import \w+$/,
  /^include [\w:]+$/,
  /^@\w+\(.*\)$/,
  /^(\w+ = )?[\w.]+\(.*\)$/,
  /^end$/,
  /^# .+$/,
  /^\.\.\.( .+)?$/,
];
const isCode = (line: string) => statements.some((statement) => statement.test(line));

/** What the page leaves to its reader: `...`, or `... and what that is`. */
const elision = /^\.\.\. ?(.*)$/;

/** The programs in order: lines of code that follow each other. Elisions call `elided(words)`, whose value they return. */
export function programsOf(page: string): Program[] {
  const programs: string[][] = [];
  let open = false;
  for (const line of page.split("\n")) {
    if (isCode(line) && !open) programs.push([]);
    open = isCode(line);
    if (open) programs.at(-1)!.push(line);
  }
  return programs.map((lines) =>
    lines[0] === "# Ruby" ? { language: "ruby", code: filled(lines) } : { language: "python", code: indented(lines) },
  );
}

export const readPage = () => readFileSync(join(import.meta.dirname, "berrymq.txt"), "utf8");

const filled = (lines: string[]) => lines.map((line) => line.replace(elision, "return elided('$1')")).join("\n");

/** Python: a class holds what comes after it, a function the statements up to the next function or decorator. */
function indented(lines: string[]): string {
  let outer = 0;
  let body = 0;
  return lines
    .map((line) => {
      const opens = /^(class|def|@|from|import)\b|^@/.test(line);
      const depth = opens ? outer : body;
      if (line.startsWith("class ")) outer = 1;
      if (opens) body = line.startsWith("def ") ? outer + 1 : outer;
      return "    ".repeat(depth) + line.replace(elision, 'return elided("$1")');
    })
    .join("\n");
}
