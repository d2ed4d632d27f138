// The example shop's own tests, run as users run them; and what a failing test prints.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { Gateway } from "./support/gateway.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const shop = "examples/shop/ts/shop.test.ts";

/** What vitest says of the tests in some files. */
async function vitest(files: readonly string[], environment: Readonly<Record<string, string>>) {
  const program = `${root}/node_modules/vitest/vitest.mjs`;
  const options = ["--root", root, "--pool", "threads", "--reporter", "json", "--disableConsoleIntercept"];
  const env = { ...process.env, ...environment };
  const ran = promisify(execFile)(process.execPath, [program, "run", ...options, ...files], { env });
  const { stdout, stderr } = await ran.catch((failed) => failed);
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = JSON.parse(stdout);
  return { passed, failed, skipped, stderr: String(stderr) };
}

it("the example shop is tested in virtual time; a failing test prints its seed, and each test has a bus as new", async () => {
  // Inside the package, so that `berrymq/vitest` finds its build.
  const folder = "sdks/ts/.build/failing";
  mkdirSync(`${root}/${folder}`, { recursive: true });
  writeFileSync(
    `${root}/${folder}/failing.test.ts`,
    `import { test } from "berrymq/vitest";
     import { publish } from "berrymq";
     test("fails", async ({ berrymq }) => {
       await publish("a:b");
       await berrymq.assertPublished("a:c");
     });
     test("begins anew", async ({ berrymq, berrymqBus }) => {
       await berrymq.assertNotPublished("a:b");
       await berrymqBus.publish("a:b");
       await berrymq.assertNotPublished("a:b");
     });`,
  );
  const environment = { BERRYMQ_TEST_GATEWAY: "", BERRYMQ_TEST_SEED: "42" };
  const ran = await vitest([shop, `${folder}/failing.test.ts`], environment);
  expect(ran).toMatchObject({ passed: 12, failed: 1, skipped: 0 });
  expect(ran.stderr.match(/berryMQ seed: .*/g)).toEqual(["berryMQ seed: 42 (the same again: BERRYMQ_TEST_SEED=42)"]);
}, 60_000);

it("the example shop is tested by the same tests at a gateway", async () => {
  await using gateway = await Gateway.start();
  const environment = { BERRYMQ_TEST_GATEWAY: gateway.url, BERRYMQ_TEST_SEED: "" };
  expect(await vitest([shop], environment)).toMatchObject({ passed: 10, failed: 0, skipped: 1 });
}, 60_000);
