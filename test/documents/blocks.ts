// Finds the programs in a page: fenced blocks of a language that runs, and what the page says that they print.
import { readFileSync } from "node:fs";
import type { Language } from "../support/programs.ts";

export interface Block {
  page: string;
  line: number;
  language: Language;
  code: string;
  /** What it must print: the `text` block that follows “It prints:” or “Each of them prints:”. */
  prints: string | undefined;
}

const languages: Language[] = ["python", "ruby", "ts", "sh"];

/** The blocks of a page in order. Blocks fenced as `text`, or as anything else, are not run. */
export function blocksOf(path: string, page: string): Block[] {
  const text = readFileSync(path, "utf8");
  const fences = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    code: match[2]!,
    start: match.index,
    end: match.index + match[0].length,
  }));
  return fences
    .filter(({ language }) => languages.includes(language as Language))
    .map((fence) => ({
      page,
      line: text.slice(0, fence.start).split("\n").length,
      language: fence.language as Language,
      code: fence.code,
      prints: printed(text, fence.end, fences),
    }));
}

type Fence = { language: string; code: string; start: number; end: number };

function printed(text: string, end: number, fences: Fence[]): string | undefined {
  const output = fences.find(({ language, start }) => language === "text" && start > end);
  if (output === undefined) return undefined;
  const between = text.slice(end, output.start);
  const word = /(It|Each of them) prints:\s*$/.exec(between)?.[1];
  if (word === undefined || (word === "It" && between.includes("```"))) return undefined;
  return output.code;
}
