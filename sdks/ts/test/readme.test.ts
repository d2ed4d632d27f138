// Every program of README.md and GUIDE.md runs by itself and prints what the page says.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Gateway } from "./support/gateway.js";

const root = fileURLToPath(new URL("..", import.meta.url));
// Inside the package, so that `import "berrymq"` finds its build.
const folder = `${root}/.build/readme`;

/** The programs of each section, which run one after the other. */
const sectionsOf = (page: string) =>
  readFileSync(`${root}/${page}`, "utf8")
    .split(/^## /m)
    .map((part) => ({ heading: part.split("\n")[0]!, programs: [...part.matchAll(/^```ts\n([\s\S]*?)^```$/gm)] }))
    .map(({ heading, programs }) => ({ page, heading, programs: programs.map(([, code]) => code!) }))
    .filter(({ programs }) => programs.length > 0);
const sections = [...sectionsOf("README.md"), ...sectionsOf("GUIDE.md")];

const printsOf = (code: string) => [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, line]) => line!);
const runs = (code: string) => /^await run\(\)/m.test(code);

let gateway: Gateway;
let staying: ChildProcess[] = [];

function start(code: string): ChildProcess {
  const program = `${folder}/${sections.findIndex(({ programs }) => programs.includes(code))}-${staying.length}.mts`;
  writeFileSync(program, code.replaceAll("localhost:7201", gateway.url));
  return spawn(process.execPath, ["--import", "tsx", program], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
}

/** A program that waits in `run()` stays until the end of its section. */
async function prints(code: string): Promise<string[]> {
  const child = start(code);
  if (!runs(code)) {
    const [said, complaints, [status]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, "exit"),
    ]);
    expect(status, complaints).toBe(0);
    return said.trimEnd().split("\n");
  }
  staying.push(child);
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    said.push(line);
    if (said.length === printsOf(code).length) break;
  }
  return said;
}

describe("the pages", () => {
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    gateway = await Gateway.start();
  });
  afterEach(() => {
    for (const child of staying) child.kill("SIGKILL");
    staying = [];
  });
  afterAll(() => gateway.stop("SIGKILL"));

  it.each(sections)("$page: $heading", { timeout: 60_000 }, async ({ programs }) => {
    for (const code of programs) expect(await prints(code)).toEqual(printsOf(code));
    for (const child of staying) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    }
  });
});
