// Whole journeys with a gateway that keeps its queues on disk: what was confirmed survives `kill -9`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Receipt } from "berrymq";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";

let data: string;
let gateway: Gateway;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "berrymq-data-"));
  gateway = await Gateway.start({ data });
});
afterEach(async () => {
  await gateway.stop();
  rmSync(data, { recursive: true, force: true });
});

async function killAndStartAgain(): Promise<void> {
  const port = gateway.port;
  await gateway.kill();
  gateway = await Gateway.start({ port, data });
}

test("every message that was confirmed is there after kill -9 under load, once", async () => {
  await using mq = await connect(gateway.url);
  const tasks = await mq.queue("task:*", { shared: true });
  const receipts: Promise<Receipt>[] = [];
  const publish = (from: number, to: number) => {
    for (let i = from; i < to; i++) receipts.push(mq.publish("task:pick", i));
  };
  publish(0, 20_000);
  await receipts[10_000]; // the load is under way: some are confirmed, some are not
  await killAndStartAgain();
  publish(20_000, 21_000);
  await Promise.all(receipts);
  const got: number[] = [];
  for (;;) {
    const messages = await tasks.getMany(1000, { timeout: 0.5 });
    if (messages.length === 0) break;
    got.push(...messages.map(({ args }) => args[0] as number));
  }
  expect(got).toEqual(Array.from({ length: 21_000 }, (_, i) => i));
}, 60_000);

test("a leased message comes again after kill -9, and an acknowledged one does not", async () => {
  await using mq = await connect(gateway.url);
  const tasks = await mq.queue("task:*", { shared: true, lease: 1 });
  await mq.publishMany([1, 2, 3].map((number) => ["task:pick", number]));
  const first = await tasks.get({ timeout: 5, autoAck: false });
  await tasks.get({ timeout: 5, autoAck: false });
  await first!.ack();
  await killAndStartAgain();
  const got = [await tasks.get({ timeout: 10 }), await tasks.get({ timeout: 10 })].map((message) => message?.args[0]);
  expect(got.sort()).toEqual([2, 3]);
  expect(await tasks.get({ timeout: 0.1 })).toBeUndefined();
}, 30_000);

test("a second gateway on the same data is told so and ends", async () => {
  await expect(Gateway.start({ data })).rejects.toThrow(/is in use by another gateway/);
}, 30_000);
