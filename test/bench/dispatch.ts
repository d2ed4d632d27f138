// A part of `make bench`: dispatches per second inside one process, beside each language's own libraries, in turns; and what importing an SDK costs.
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { interpreters, type Language, root } from "../support/programs.ts";
import { inTurns, median, ROUNDS } from "./rounds.ts";

const contestants: Record<Exclude<Language, "sh">, string[]> = {
  python: ["berrymq", "blinker"],
  ruby: ["berrymq", "wisper", "activesupport"],
  ts: ["berrymq", "eventemitter2", "emittery", "node:events"],
};
const extensions = { python: "py", ruby: "rb", ts: "ts" };
const followers = [1, 10];
/** Python's bytecode is kept, as it is of an installed package, whatever the machine at hand is told. */
const installed = {
  ...process.env,
  PYTHONDONTWRITEBYTECODE: "",
  PYTHONPYCACHEPREFIX: resolve(root, ".build/bench/bytecode"),
};

for (const language of ["python", "ruby", "ts"] as const) {
  const there = contestants[language].filter((name) => isThere(language, name));
  const works = there.flatMap((name) => followers.map((count) => `${name} ${count}`));
  const rates = await inTurns(works, (work) => Promise.resolve(rate(language, work)));
  console.log(
    `\n| ${language}, dispatches/s (median of ${ROUNDS}) | 1 follower | 10 followers | all rounds |\n|---|---|---|---|`,
  );
  for (const name of there) {
    const [one, ten] = followers.map((count) => rates[`${name} ${count}`]!);
    const shown = (values: number[]) => values.map((value) => `${Math.round(value / 1000)}k`).join(", ");
    console.log(`| ${name} | ${shown([median(one!)])} | ${shown([median(ten!)])} | ${shown(one!)}; ${shown(ten!)} |`);
  }
}

console.log("\n| importing | seconds more than the bare interpreter (median of 5) | MiB more |\n|---|---|---|");
for (const [name, bare, importing] of importers()) {
  const cost = (program: string[]) => Array.from({ length: 5 }, () => costOf(program));
  const [without, withIt] = [cost(bare), cost(importing)];
  const more = (key: "seconds" | "mebibytes") =>
    median(withIt.map((each) => each[key])) - median(without.map((each) => each[key]));
  console.log(`| ${name} | ${more("seconds").toFixed(3)} | ${more("mebibytes").toFixed(1)} |`);
}

/** Whether it can be had; a line says so when it cannot. */
function isThere(language: "python" | "ruby" | "ts", name: string): boolean {
  try {
    rate(language, `${name} 1 1`);
    return true;
  } catch {
    console.log(`${name} is left out: it is not installed (scripts/setup-bench)`);
    return false;
  }
}

function rate(language: "python" | "ruby" | "ts", work: string): number {
  const program = resolve(import.meta.dirname, "dispatch", `dispatching.${extensions[language]}`);
  const [command, ...first] = [...interpreters[language], program, ...work.split(" ")];
  return Number(execFileSync(command!, first, { cwd: root, encoding: "utf8", timeout: 120_000 }));
}

type Importer = [name: string, bare: string[], importing: string[]];

/** Each prints the most memory that it had, in KiB. */
function importers(): Importer[] {
  const python = (line: string) => [
    ".venv/bin/python",
    "-c",
    `${line}\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)`,
  ];
  const ruby = (line: string) => [
    ...interpreters.ruby,
    "-e",
    `${line}; puts File.read("/proc/self/status")[/VmHWM:\\s+(\\d+)/, 1]`,
  ];
  const node = (line: string) => [
    "node",
    "--input-type=module",
    "-e",
    `${line}; console.log(process.resourceUsage().maxRSS)`,
  ];
  return [
    ["Python", python("import resource"), python("import berrymq")],
    ["Ruby", ruby("0"), ruby('require "berrymq"')],
    ["TypeScript", node("0"), node(`await import(${JSON.stringify(resolve(root, "sdks/ts/dist/index.js"))})`)],
  ];
}

function costOf([command, ...parameters]: string[]): { seconds: number; mebibytes: number } {
  const begun = performance.now();
  const kibibytes = execFileSync(command!, parameters, { cwd: root, encoding: "utf8", env: installed });
  return { seconds: (performance.now() - begun) / 1000, mebibytes: Number(kibibytes) / 1024 };
}
