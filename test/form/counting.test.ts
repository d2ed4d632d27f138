// `make test` counts rightly: what did not run, or ended badly, is never taken for a success.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Counting, count } from "../suites/count.ts";

const folder = mkdtempSync(join(tmpdir(), "berrymq-counting-"));
afterAll(() => rmSync(folder, { recursive: true }));

function counted(counting: Counting, exitCode: number, content: { output?: string; report?: string }) {
  const report = join(folder, `${Math.random()}`);
  if (content.report !== undefined) writeFileSync(report, content.report);
  return count(counting, { exitCode, output: content.output ?? "", report });
}

const vitestReport = (
  passed: number,
  failed: number,
  files: { status: string; assertionResults: { status: string; fullName?: string; failureMessages?: string[] }[] }[],
) => JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults: files });

test("vitest: tests that passed and failed", () => {
  const files = [{ status: "failed", assertionResults: [{ status: "failed", failureMessages: ["no"] }] }];
  expect(counted("vitest", 1, { report: vitestReport(3, 1, files) })).toMatchObject({ passed: 3, failed: 1 });
});

test("vitest: a file that does not load is a failure", () => {
  const files = [{ status: "failed", assertionResults: [] }];
  expect(counted("vitest", 1, { report: vitestReport(3, 0, files) })).toMatchObject({ passed: 3, failed: 1 });
});

test("pytest: failures and errors fail, skipped tests count as neither", () => {
  const report =
    '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10"></testsuite></testsuites>';
  expect(counted("junit", 1, { report })).toMatchObject({ passed: 4, failed: 3 });
});

test("minitest: the summary line", () => {
  const output = "94 runs, 4723 assertions, 1 failures, 2 errors, 3 skips\n";
  expect(counted("minitest", 1, { output })).toMatchObject({ passed: 88, failed: 3 });
});

test("a tally: the last one counts", () => {
  expect(counted("tally", 0, { output: "1 passed, 1 failed\nmore\n7 passed, 0 failed\n" })).toMatchObject({
    passed: 7,
    failed: 0,
  });
});

test.each<Counting>(["vitest", "junit", "minitest", "tally"])(
  "%s: a suite that tells nothing is a failure",
  (counting) => {
    expect(counted(counting, 0, {})).toMatchObject({ passed: 0, failed: 1, reason: expect.any(String) });
  },
);

test("what passed only at the second try is told", () => {
  const flaky = { status: "passed", fullName: "b c", failureMessages: ["Error: late\n at x"] };
  const files = [{ status: "passed", assertionResults: [flaky, { status: "passed", failureMessages: [] }] }];
  expect(counted("vitest", 0, { report: vitestReport(2, 0, files) }).again).toEqual(["b c: Error: late"]);
  const report = '<testsuite name="pytest" errors="0" failures="0" skipped="0" tests="1">';
  expect(counted("junit", 0, { report, output: "R.\nRERUN tests/a.py::test_b\n" }).again).toEqual([
    "tests/a.py::test_b",
  ]);
  const output = "tried again: A#b: late\n1 passed, 0 failed\n";
  expect(counted("tally", 0, { output })).toEqual({ passed: 1, failed: 0, again: ["A#b: late"] });
});

test("a suite that ran no test is a failure", () => {
  expect(counted("tally", 0, { output: "0 passed, 0 failed\n" })).toMatchObject({
    failed: 1,
    reason: expect.any(String),
  });
});

test("a suite whose tests pass and that ends badly is a failure", () => {
  const ended = counted("tally", 1, { output: "7 passed, 0 failed\n" });
  expect(ended).toMatchObject({ passed: 7, failed: 1, reason: expect.any(String) });
});

test("a command counts by how it ends", () => {
  expect(counted("exit", 0, {})).toEqual({ passed: 1, failed: 0 });
  expect(counted("exit", 127, {})).toMatchObject({ passed: 0, failed: 1 });
});
