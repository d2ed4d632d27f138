// Somebody sets the clock of the gateway's machine, an hour back or ahead, while it runs: leases, delays and lives go by the time that passes.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connect, Message } from "berrymq";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";

const HOUR = 3600;
const program = resolve(import.meta.dirname, "../../gateway/bin/berrymq.js");
const preload = resolve(import.meta.dirname, "../support/shifted-clock.cjs");

let data: string;
let gateway: Gateway;
const setClock = (seconds: number) => writeFileSync(process.env.BERRYMQ_TEST_CLOCK!, String(seconds));

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "berrymq-clock-"));
  process.env.BERRYMQ_TEST_CLOCK = join(data, "clock");
  setClock(0);
  gateway = await Gateway.start({ data, command: [process.execPath, "--require", preload, program] });
});
afterEach(async () => {
  await gateway.stop();
  delete process.env.BERRYMQ_TEST_CLOCK;
  rmSync(data, { recursive: true, force: true });
});

describe.each([
  ["back", -HOUR],
  ["ahead", HOUR],
])("a clock that is set an hour %s", (_, jump) => {
  test("loses nothing, doubles nothing and holds nothing up", async () => {
    await using mq = await connect(gateway.url);
    const queue = await mq.queue("clock:*", { shared: true, name: "clock", lease: 4 });
    const leased = (name: string) => new Message("clock:x", name).with({ messageId: name });
    await mq.publishMany([leased("settled"), leased("left")]);
    const [settled, left] = await queue.getMany(2, { timeout: 5, autoAck: false });
    await mq.publishMany([
      new Message("clock:x", "lives on").with({ ttl: 600 }),
      new Message("clock:x", "delayed").with({ delay: 1 }),
      new Message("clock:x", "dies").with({ delay: 600, ttl: 2 }),
    ]);
    setClock(jump);

    await mq.publish(leased("settled"));
    await settled!.ack();
    const got: [unknown, number][] = [];
    await until(
      "all is there",
      async () => {
        for (const delivery of await queue.getMany(9, { timeout: 0.5, autoAck: false })) {
          got.push([delivery.message.args[0], delivery.attempt]);
          await delivery.ack();
        }
        return got.length >= 3;
      },
      20,
    );
    expect(got.sort()).toEqual([
      ["delayed", 1],
      ["left", 2],
      ["lives on", 1],
    ]);
    await until("what was to die is gone", async () => (await queue.status()).delayed === 0);
    await expect(left!.ack()).rejects.toMatchObject({ reason: "LEASE_LOST" });
  }, 60_000);

  test("is what the gateway stamps and tells by", async () => {
    setClock(jump);
    await using mq = await connect(gateway.url);
    const queue = await mq.queue("clock:*", { lease: 60 });
    await mq.publish("clock:x");
    const delivery = await queue.get({ timeout: 5, autoAck: false });
    const seconds = (delivery!.deadline!.getTime() - Date.now()) / 1000 - jump;
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThan(61);
  }, 30_000);
});
