// A curl that waits for a message and is killed has taken none; what it was leased comes again, and all is there after a restart.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { run } from "../support/programs.ts";
import { until } from "../support/until.ts";

const data = mkdtempSync(join(tmpdir(), "berrymq-curl-"));
let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start({ data });
  await curl("-X", "PUT", "/v1/queues/q", "-d", "{}");
});
afterAll(async () => {
  await gateway.stop();
  rmSync(data, { recursive: true });
});

const addressed = (args: string[]) => [
  "-s",
  ...args.map((each) => (each.startsWith("/") ? `http://${gateway.url}${each}` : each)),
];
const curl = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await run(["curl", ...addressed(args)]);
  expect(exitCode, stderr).toBe(0);
  return stdout;
};
const publish = (text: string) => curl("/v1/messages/q:x", "-d", text);
const status = async () => JSON.parse(await curl("/v1/queues/q")).status;

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test.each(['{"wait": 60}', '{"wait": 60, "auto_ack": true}'])("with %s", async (body) => {
  for (let i = 0; i < 5; i++) {
    const waiting = spawn("curl", addressed(["/v1/queues/q/get", "-d", body]), { stdio: "ignore" });
    await until("it waits", async () => (await status()).consumers === 1);
    await killed(waiting);
    await until("the gateway knows that it is gone", async () => (await status()).consumers === 0);
  }
  await publish("hello");
  expect(await status()).toMatchObject({ ready: 1, leased: 0 });
  await curl("/v1/queues/q/get", "-d", '{"auto_ack": true}');
});

test("a message that curl sent is there after kill -9 of the gateway", async () => {
  await publish("kept");
  await gateway.kill();
  gateway = await Gateway.start({ data });
  expect(await curl("/v1/queues/q/get", "-d", '{"auto_ack": true}')).toContain('"payload":"kept"');
});
