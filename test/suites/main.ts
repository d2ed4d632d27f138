// `make test`: runs the suites of suites.yaml, some at a time, and ends with `N passed, N failed`.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { type Result, runSuite, Suite } from "./suite.ts";

const { values: options } = parseArgs({
  options: { group: { type: "string" }, suite: { type: "string" }, "setup-failed": { type: "boolean" } },
});

function chosenSuites(): Suite[] {
  const all = z.array(Suite).parse(parse(readFileSync("test/suites/suites.yaml", "utf8")));
  const chosen = all.filter(
    ({ group, name }) =>
      (options.group === undefined || group === options.group) &&
      (options.suite === undefined || name === options.suite),
  );
  if (chosen.length > 0) return chosen;
  const groups = [...new Set(all.map(({ group }) => group))].join(", ");
  const names = all.map(({ name }) => name).join(", ");
  throw new Error(`no suite is chosen; the groups are: ${groups}; the suites are: ${names}`);
}

/** Runs the suites side by side: first those that compute, then those that play whole processes against time, so that neither starves the other. */
async function runAll(suites: Suite[]): Promise<Result[]> {
  const results: Result[] = [];
  const lane = async (waiting: Suite[]) => {
    for (let suite = waiting.shift(); suite; suite = waiting.shift()) {
      const result = await runSuite(suite);
      printSuite(result);
      results.push(result);
    }
  };
  for (const { late, lanes } of [
    { late: false, lanes: 3 },
    { late: true, lanes: 2 },
  ]) {
    const waiting = suites.filter((suite) => suite.late === late);
    await Promise.all(Array.from({ length: lanes }, () => lane(waiting)));
  }
  return results.sort((a, b) => suites.indexOf(a.suite) - suites.indexOf(b.suite));
}

function printSuite({ suite, output, reason }: Result): void {
  console.log(`\n━━━ ${suite.name} ━━━  ${suite.run}`);
  if (output !== "") console.log(output.trimEnd());
  if (reason !== undefined) console.log(`FAILED: ${suite.name}: ${reason}`);
}

function printTable(results: Result[]): void {
  console.log(`\n${"suite".padEnd(24)}${"passed".padStart(8)}${"failed".padStart(8)}${"seconds".padStart(9)}`);
  for (const { suite, passed, failed, seconds, reason } of results) {
    const row = `${suite.name.padEnd(24)}${passed.toString().padStart(8)}${failed.toString().padStart(8)}`;
    console.log(`${row}${seconds.toFixed(1).padStart(9)}${reason === undefined ? "" : `  ${reason}`}`);
  }
  for (const { suite, again = [] } of results) {
    for (const test of again)
      console.log(`tried again, which no test should need: ${suite.name}: ${test.slice(0, 300)}`);
  }
}

const results = await runAll(chosenSuites());
printTable(results);
const setupFailed = options["setup-failed"] === true ? 1 : 0;
if (setupFailed > 0) console.log("set-up failed, see the top");
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, setupFailed);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
