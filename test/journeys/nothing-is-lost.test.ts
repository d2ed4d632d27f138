// Whole journeys of what is kept: a late follower, a gateway that is halted, one that is killed between publish and answer, and a full disk.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connect, Message } from "berrymq";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PublishBatchesRequest } from "../../gateway/src/gen/berrymq/v1/publisher_service.ts";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient } from "./raw-client.ts";
import { answers, batch, batches, follow, following, heard, holds } from "./requests.ts";

let data: string;
let gateway: Gateway;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "berrymq-nothing-lost-"));
  gateway = await Gateway.start({ data });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await gateway.stop();
  rmSync(data, { recursive: true, force: true });
});

function rawClient(): RawClient {
  const client = new RawClient(gateway.url);
  closing.push(() => client.close());
  return client;
}

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

test("20,000 messages that have to be acknowledged reach who follows late, and end with the acknowledgement", async () => {
  const COUNT = 20_000;
  await using mq = await connect(gateway.url);
  await mq.publishMany(numbers(COUNT).map((number) => new Message("late:x", number).with({ requireAck: true })));
  const late = await following(rawClient().stream("FollowerService/Follow"), "late:*");
  const ids = () => new Set(heard(late).map(({ id }) => id));
  await until("the late follower has them all", () => ids().size === COUNT, 30);
  await late.write(follow({ acknowledge: [...ids()], revision: 2n }));
  await until("the acknowledgements arrived", () => holds(late, 2n));
  late.call.cancel();
  await mq.publish(new Message("late:marker").with({ requireAck: true }));
  // What is acknowledged is forgotten soon, not at once.
  await until("who follows next hears nothing but the marker", async () => {
    const next = await following(rawClient().stream("FollowerService/Follow"), "late:*");
    await until("the marker comes", () => heard(next).some(({ identifier }) => identifier === "late:marker"), 15);
    next.call.cancel();
    return heard(next).length === 1;
  });
}, 60_000);

test("a gateway that is halted past leases and lives loses nothing that it confirmed", async () => {
  await using mq = await connect(gateway.url);
  const drops = mq.follow("berrymq:drop");
  closing.push(() => drops[Symbol.asyncIterator]().return?.());
  const queue = await mq.queue("halt:*", { shared: true, lease: 0.5 });
  const short = numbers(5).map((number) => new Message("halt:short", number).with({ ttl: 1 }));
  await mq.publishMany([...numbers(20).map((number) => new Message("halt:long", number)), ...short]);
  const taken = await queue.getMany(10, { timeout: 5, autoAck: false });
  await taken[0]!.ack();
  process.kill(gateway.pid, "SIGSTOP");
  try {
    await new Promise((next) => setTimeout(next, 1500)); // the time that passes is what is tested
  } finally {
    process.kill(gateway.pid, "SIGCONT");
  }
  await until("the short-lived are gone and the leases lapsed", async () => {
    const { ready, leased } = await queue.status();
    return ready === 19 && leased === 0;
  });
  await expect(taken[1]!.ack()).rejects.toMatchObject({ reason: "LEASE_LOST" });
  const again = await queue.getMany(100, { timeout: 5, autoAck: false });
  expect(again.map(({ message }) => message.args[0])).toEqual(numbers(20).slice(1));
  expect(again.map(({ attempt }) => attempt)).toEqual(numbers(19).map((index) => (index < 9 ? 2 : 1)));
}, 30_000);

test("what was stored but not answered when the gateway was killed is stored once", async () => {
  await using mq = await connect(gateway.url);
  const queue = await mq.queue("once:*", { shared: true });
  const sent = batch(...numbers(100).map(() => ({ identifier: "once:x" })));
  const request = (resent: boolean) =>
    PublishBatchesRequest.encode(PublishBatchesRequest.fromPartial({ firstSequence: 1n, resent })).finish();
  const publish = (resent: boolean) => Buffer.concat([batches(sent), request(resent)]);
  const headers = { "berrymq-session": "killed-in-between" };

  const first = rawClient().stream("PublisherService/PublishBatches", headers);
  await first.write(publish(false));
  await until("all is stored", async () => (await queue.status()).ready === 100);
  await gateway.kill();
  gateway = await Gateway.start({ data, port: gateway.port });

  const second = rawClient().stream("PublisherService/PublishBatches", headers);
  await second.write(publish(true));
  await until("it is answered", () => answers(second).through === 100);
  expect(answers(second).refused).toEqual([]);
  await until(
    "the program is connected again",
    async () => (await queue.status().catch(() => ({ ready: -1 }))).ready >= 0,
  );
  expect((await queue.status()).ready).toBe(100);
}, 30_000);

test("a second gateway on the same directory says so in one line and exits with 1", () => {
  const program = resolve(import.meta.dirname, "../../gateway/bin/berrymq.js");
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [program, "serve", "--port", "0", "--engine", "sqlite", "--data", data],
    { encoding: "utf8", timeout: 20_000 },
  );
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^berrymq: .*is in use by another gateway.*\n$/);
});

const disk = mkdtempSync(join(tmpdir(), "berrymq-full-disk-"));
const mounted = mountSmallDisk();
if (!mounted) console.warn("skipped: the journey on a full disk needs the right to mount a tmpfs");

function mountSmallDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=96m", "tmpfs", disk], { stdio: "pipe" });
    return true;
  } catch {
    rmSync(disk, { recursive: true });
    return false;
  }
}

test.skipIf(!mounted)(
  "on a full disk publishes are refused, reads and acks go on, and room is enough to recover",
  async () => {
    closing.push(async () => {
      await small.stop();
      execFileSync("umount", [disk]);
      rmSync(disk, { recursive: true });
    });
    const small = await Gateway.start({ data: join(disk, "data") });
    await using mq = await connect(small.url);
    const queue = await mq.queue("full:*", { shared: true });
    const text = "x".repeat(4000);
    const publish = (count: number) =>
      mq.publishMany(numbers(count).map((number) => new Message("full:x", number, text)));
    await publish(500);
    const other = join(disk, "other");
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(other, Buffer.alloc(bavail * bsize));

    await expect(publish(2000)).rejects.toMatchObject({ reason: "STORAGE_FAILED", retryable: true });
    await expect(publish(1)).rejects.toMatchObject({ reason: "STORAGE_FAILED" });
    const got: unknown[] = [];
    while (got.length < 500) {
      const deliveries = await queue.getMany(50, { timeout: 5, autoAck: false });
      for (const delivery of deliveries) await delivery.ack();
      got.push(...deliveries.map(({ message }) => message.args[0]));
    }
    rmSync(other);
    await publish(10);
    expect((await queue.status()).ready).toBeGreaterThanOrEqual(10);
  },
  60_000,
);
