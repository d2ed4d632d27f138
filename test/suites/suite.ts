// Runs one suite as a process of its own, with a deadline, and keeps what it printed.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { z } from "zod";
import { type Count, count } from "./count.ts";

export const Suite = z.strictObject({
  name: z.string(),
  group: z.string(),
  counts: z.enum(["vitest", "junit", "minitest", "tally", "exit"]),
  run: z.string(),
  late: z.boolean().default(false),
});
export type Suite = z.infer<typeof Suite>;

export interface Result extends Count {
  suite: Suite;
  output: string;
  seconds: number;
}

/** No suite may hang the whole run. */
const deadlineSeconds = 400;
const reports = resolve(".build/reports");
/** Suites call the repository's own tools by their bare names. */
const path = [resolve("node_modules/.bin"), resolve(".venv/bin"), process.env.PATH].join(delimiter);

/** Runs the suite from the repository's root. Never rejects: what could not run is a failure with its reason. */
export async function runSuite(suite: Suite): Promise<Result> {
  const report = `${reports}/${suite.name.replaceAll(" ", "-")}.report`;
  mkdirSync(reports, { recursive: true });
  rmSync(report, { force: true });
  const started = performance.now();
  const ended = await runShell(suite.run, {
    REPORT: report,
    VITEST_REPORT: `--reporter=default --reporter=json --outputFile.json=${report}`,
  });
  const counted = count(suite.counts, { ...ended, report });
  const reason = ended.timedOut ? `it was ended after ${deadlineSeconds} s` : counted.reason;
  return { suite, ...counted, reason, output: ended.output, seconds: (performance.now() - started) / 1000 };
}

interface Ran {
  exitCode: number | null;
  output: string;
  timedOut: boolean;
}

function runShell(command: string, environment: Record<string, string>): Promise<Ran> {
  return new Promise((settle) => {
    // A process group of its own, so that a deadline ends the grandchildren, too.
    const child = spawn("bash", ["-c", command], {
      env: { ...process.env, PATH: path, FORCE_COLOR: "0", NO_COLOR: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    let timedOut = false;
    const deadline = setTimeout(() => {
      timedOut = true;
      process.kill(-child.pid!, "SIGKILL");
    }, deadlineSeconds * 1000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("close", (exitCode) => {
      clearTimeout(deadline);
      settle({ exitCode, output, timedOut });
    });
  });
}
