// Whole journeys: gateways that end under load, followers that stop reading, workers that die.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "berrymq";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { Gateway } from "../support/gateway.ts";
import { interpreters, root } from "../support/programs.ts";
import { until } from "../support/until.ts";

let gateway: Gateway;
const running: Background[] = [];
beforeEach(async () => {
  gateway = await Gateway.start();
});
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
  await gateway.stop();
});

function example(name: string): Background {
  const program = new Background([...interpreters.python, join(root, `examples/python/${name}.py`)], {
    BERRYMQ_URL: gateway.url,
  });
  running.push(program);
  return program;
}

test("a gateway that drains under load answers or hands back everything, and ends with 0", async () => {
  await using mq = await connect(gateway.url);
  const receipts: Promise<unknown>[] = [];
  for (let i = 0; i < 200; i++) receipts.push(mq.publishMany(Array.from({ length: 100 }, (_, j) => ["load:x", i, j])));
  const port = gateway.port;
  expect(await gateway.stop()).toBe(0);
  gateway = await Gateway.start({ port });
  const settled = await Promise.allSettled(receipts);
  expect(settled.filter(({ status }) => status === "rejected")).toEqual([]);
}, 30_000);

test("a gateway killed under load loses no publish that its publisher was not told of", async () => {
  await using mq = await connect(gateway.url);
  const receipts: Promise<unknown>[] = [];
  for (let i = 0; i < 100; i++) receipts.push(mq.publishMany(Array.from({ length: 100 }, (_, j) => ["load:x", i, j])));
  const port = gateway.port;
  await gateway.kill();
  for (let i = 0; i < 100; i++) receipts.push(mq.publish("load:held", i));
  gateway = await Gateway.start({ port });
  const settled = await Promise.allSettled(receipts);
  expect(settled.filter(({ status }) => status === "rejected")).toEqual([]);
}, 30_000);

test("a follower that stops reading slows nobody and grows no memory without bound", async () => {
  const frozen = example("log_follower");
  await frozen.prints("following *:log");
  frozen.freeze();
  await using publisher = await connect(gateway.url);
  let heard = 0;
  const following = publisher.followingFunction("berries:count", () => {
    heard += 1;
  });
  const payload = new Uint8Array(64 * 1024);
  // 256 MiB: far more than any buffer may hold.
  for (let i = 0; i < 64; i++) {
    await publisher.publishMany(Array.from({ length: 64 }, () => ["berries:log", payload]));
    await publisher.publish("berries:count");
  }
  expect(heard).toBe(64);
  expect(residentMiB(gateway.pid)).toBeLessThan(400);
  following.unfollow();
}, 60_000);

test("what a killed worker held goes to the next one", async () => {
  await using mq = await connect(gateway.url);
  const tasks = await mq.queue("task:*", { shared: true, name: "tasks" });
  const worker = example("worker");
  await worker.prints("waiting for task:*");
  await until("the worker consumes", async () => (await tasks.status()).consumers > 0);
  worker.freeze();
  await mq.publishMany([1, 2, 3].map((number) => ["task:pick", number]));
  await until("the worker holds a task", async () => (await tasks.status()).leased === 1);
  await worker.kill();
  await until("the gateway knows of its death", async () => (await tasks.status()).leased === 0);
  const taken: unknown[] = [];
  for (let i = 0; i < 3; i++) taken.push((await tasks.get({ timeout: 10 }))?.args[0]);
  expect(taken).toEqual([1, 2, 3]);
}, 30_000);

function residentMiB(pid: number): number {
  const kilobytes = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m)![1];
  return Number(kilobytes) / 1024;
}
