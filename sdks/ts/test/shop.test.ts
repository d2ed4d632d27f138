// The example shop's own tests, run as users run them; and what a failing test prints.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { Gateway } from "./support/gateway.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What vitest says of the tests in a folder. */
async function vitest(folder: string, environment: Readonly<Record<string, string>> = {}) {
  const program = `${root}/node_modules/vitest/vitest.mjs`;
  const env = { ...process.env, BERRYMQ_TEST_GATEWAY: "", NO_COLOR: "1", ...environment };
  const ran = promisify(execFile)(
    process.execPath,
    [program, "run", "--root", folder, "--reporter", "json", "--disableConsoleIntercept"],
    { env },
  );
  const { stdout, stderr } = await ran.catch((failed) => failed);
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = JSON.parse(stdout);
  return { passed, failed, skipped, stderr: String(stderr) };
}

it("the example shop is tested in virtual time", async () => {
  expect(await vitest(`${root}/examples/shop/ts`)).toMatchObject({ passed: 11, failed: 0 });
}, 60_000);

it("the example shop is tested by the same tests at a gateway", async () => {
  await using gateway = await Gateway.start();
  const environment = { BERRYMQ_TEST_GATEWAY: gateway.url };
  expect(await vitest(`${root}/examples/shop/ts`, environment)).toMatchObject({ passed: 10, failed: 0, skipped: 1 });
}, 60_000);

it("a failing test prints its seed, and each test has a bus as new", async () => {
  // Inside the package, so that `berrymq/vitest` finds its build.
  const folder = fileURLToPath(new URL("../.build/failing", import.meta.url));
  mkdirSync(`${folder}/test`, { recursive: true });
  writeFileSync(
    `${folder}/test/failing.test.ts`,
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
  const { passed, failed, stderr } = await vitest(folder, { BERRYMQ_TEST_SEED: "42" });
  expect([passed, failed]).toEqual([1, 1]);
  expect(stderr).toContain("berryMQ seed: 42");
}, 60_000);
