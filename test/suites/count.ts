// Reads how many tests of a suite passed and failed, from what the suite wrote about itself.
import { existsSync, readFileSync } from "node:fs";

export interface Count {
  passed: number;
  failed: number;
  /** Tests that failed first and were tried once more, each with what it said. */
  again?: string[];
  /** Why there is nothing to count, when a suite ended without telling its tests. */
  reason?: string;
}

export interface Ended {
  exitCode: number | null;
  output: string;
  report: string;
}

export type Counting = "vitest" | "junit" | "minitest" | "tally" | "exit";

/** Counts one suite. A suite that fails without a failed test, or tells no test at all, counts as one failure. */
export function count(counting: Counting, ended: Ended): Count {
  const told = readers[counting](ended);
  if (told === undefined) return { passed: 0, failed: 1, reason: `it told no tests and ended with ${ended.exitCode}` };
  if (told.passed + told.failed === 0) {
    return { passed: 0, failed: 1, reason: `it ran no test and ended with ${ended.exitCode}` };
  }
  if (ended.exitCode !== 0 && told.failed === 0) {
    return { ...told, failed: 1, reason: `every test passed, yet it ended with ${ended.exitCode}` };
  }
  return told;
}

const readers: Record<Counting, (ended: Ended) => Count | undefined> = { vitest, junit, minitest, tally, exit };

function vitest({ report }: Ended): Count | undefined {
  if (!existsSync(report)) return undefined;
  const told = JSON.parse(readFileSync(report, "utf8")) as {
    numPassedTests: number;
    numFailedTests: number;
    testResults: {
      status: string;
      assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
    }[];
  };
  // A file that does not even load has failed without having a failed test.
  const unloadable = told.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  const again = told.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === "passed" && test.failureMessages.length > 0)
    .map((test) => `${test.fullName}: ${test.failureMessages[0]!.split("\n")[0]}`);
  return { passed: told.numPassedTests, failed: told.numFailedTests + unloadable.length, again };
}

function junit({ report, output }: Ended): Count | undefined {
  if (!existsSync(report)) return undefined;
  const suites = [...readFileSync(report, "utf8").matchAll(/<testsuite\b[^>]*>/g)].map(([tag]) => tag);
  if (suites.length === 0) return undefined;
  const sum = (name: string) =>
    suites.reduce((total, tag) => total + Number(tag.match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? 0), 0);
  const failed = sum("failures") + sum("errors");
  const again = [...output.matchAll(/^RERUN (.+)$/gm)].map(([, test]) => test!);
  return { passed: sum("tests") - failed - sum("skipped"), failed, again };
}

function minitest({ output }: Ended): Count | undefined {
  const lines = [...output.matchAll(/(\d+) runs, \d+ assertions, (\d+) failures, (\d+) errors, (\d+) skips/g)];
  if (lines.length === 0) return undefined;
  const sums = lines.reduce(
    (total, [, runs, failures, errors, skips]) => {
      const failed = Number(failures) + Number(errors);
      return { passed: total.passed + Number(runs) - failed - Number(skips), failed: total.failed + failed };
    },
    { passed: 0, failed: 0 },
  );
  return { ...sums, again: triedAgain(output) };
}

function tally({ output }: Ended): Count | undefined {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return last && { passed: Number(last[1]), failed: Number(last[2]), again: triedAgain(output) };
}

/** What our own runners say of a test that they try once more. */
function triedAgain(output: string): string[] {
  return [...output.matchAll(/^tried again: (.+)$/gm)].map(([, test]) => test!);
}

function exit({ exitCode }: Ended): Count {
  return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, reason: `it ended with ${exitCode}` };
}
