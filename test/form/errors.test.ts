// docs/errors.md, error.proto, the gateway's table and the error classes of the SDKs tell the same.
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { markdownTable, root, text } from "./repository.ts";

const table = markdownTable("docs/errors.md", "reason").map((row) => ({
  reason: row.reason!.replaceAll("`", ""),
  code: row["gRPC code"]!,
  retryable: row.retryable === "yes",
}));

/** `QUEUE_NOT_FOUND` → `QueueNotFound` */
const className = (reason: string) =>
  reason.toLowerCase().replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());

/** Programs that are given class names and print, for each, its reason and whether it is retryable. */
const programs = {
  python: [
    ".venv/bin/python",
    "-c",
    "import sys\nfrom berrymq import errors\nfor name in sys.argv[1:]: c = getattr(errors, name); print(c.reason, str(c.retryable).lower())",
  ],
  ruby: [
    "ruby",
    "-Isdks/ruby/lib",
    "-Isdks/ruby/gen",
    "-rberrymq",
    "-e",
    'ARGV.each { |name| c = BerryMQ.const_get(name); puts "#{c.reason} #{c.retryable?}" }',
  ],
  ts: [
    process.execPath,
    "--input-type=module",
    "-e",
    'import * as mq from "./sdks/ts/dist/index.js"; for (const n of process.argv.slice(1)) { const e = new mq[n]("x", "y"); console.log(e.reason, e.retryable); }',
  ],
};

function ask([command, ...parameters]: string[], names: string[]): string[] {
  return execFileSync(command!, [...parameters, ...names], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n");
}

test("the page tells the HTTP status that the gateway answers", () => {
  const program = `import { Refusal, reasonNames } from "./gateway/dist/model/errors.js"; import { statusOf } from "./gateway/dist/transports/http/problem.js";
    console.log(JSON.stringify(Object.fromEntries(reasonNames.map((name) => [name, String(statusOf(new Refusal(name, "")))]))));`;
  const [told] = ask([process.execPath, "--input-type=module", "-e", program], []);
  const page = markdownTable("docs/errors.md", "reason").map((row) => [row.reason!.replaceAll("`", ""), row.HTTP!]);
  expect(Object.fromEntries(page.filter(([, status]) => status !== "–"))).toEqual(JSON.parse(told!));
});

test("the page lists exactly the reasons of error.proto", () => {
  const reasons = [...text("proto/berrymq/v1/error.proto").matchAll(/^ {2}REASON_(\w+) = (\d+);/gm)]
    .filter(([, , number]) => number !== "0")
    .map(([, reason]) => reason);
  expect(table.map(({ reason }) => reason)).toEqual(reasons);
});

describe.each(["python", "ruby", "ts"] as const)("the %s SDK", (sdk) => {
  test("has a class for every reason, retryable as the page says", () => {
    const told = ask(
      programs[sdk],
      table.map(({ reason }) => className(reason)),
    );
    expect(told).toEqual(table.map(({ reason, retryable }) => `${reason} ${retryable}`));
  });
});

test("the gateway's codes are those of the page", () => {
  const program = `import { Refusal, reasonNames } from "./gateway/dist/model/errors.js";
    for (const name of reasonNames) { const r = new Refusal(name, "x"); console.log(r.reason, r.code, r.retryable); }`;
  const told = ask([process.execPath, "--input-type=module", "-e", program], []);
  const page = table.map(({ reason, code, retryable }) => `${reason} ${code} ${retryable}`);
  expect(page).toEqual(expect.arrayContaining(told));
});
