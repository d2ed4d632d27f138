// Many messages in one queue: memory is bounded, and a get is as quick as with few. BERRYMQ_WAITING sets how many
// (default 100,000; the full run takes 1,000,000).
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Queue } from "berrymq";
import { expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { residentMiB } from "./requests.ts";

const WAITING = Number(process.env.BERRYMQ_WAITING ?? 100_000);
const FEW = 10_000;
const PIECE = 10_000;

test(`with ${WAITING} waiting messages memory is bounded, and get is as quick as with ${FEW}`, async () => {
  const data = mkdtempSync(join(tmpdir(), "berrymq-many-"));
  const gateway = await Gateway.start({ data });
  try {
    await using mq = await connect(gateway.url);
    const queue = await mq.queue("many:*", { shared: true, maxMessages: 2 * WAITING });
    const publish = async (count: number) => {
      const text = "x".repeat(100);
      for (let sent = 0; sent < count; sent += PIECE) {
        const piece = Math.min(PIECE, count - sent);
        await mq.publishMany(Array.from({ length: piece }, (_, index) => ["many:x", sent + index, text] as const));
      }
    };
    await publish(FEW);
    await millisecondsOfGet(queue); // warms up
    const few = await millisecondsOfGet(queue);
    await publish(WAITING);
    const many = await millisecondsOfGet(queue);
    const [memory, file] = [residentMiB(gateway.pid), statSync(join(data, "berrymq.db")).size / 2 ** 20];
    const told = [few.toFixed(2), many.toFixed(2), memory.toFixed(0), file.toFixed(0)];
    console.log(`${WAITING} waiting: get ${told[0]} → ${told[1]} ms, resident ${told[2]} MiB, file ${told[3]} MiB`);
    expect((await queue.status()).ready).toBeGreaterThanOrEqual(WAITING);
    expect(many).toBeLessThan(5 * few + 2);
    expect(memory).toBeLessThan(400);
  } finally {
    await gateway.stop();
    rmSync(data, { recursive: true });
  }
}, 300_000);

/** The median of some. */
async function millisecondsOfGet(queue: Queue): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 200; count++) {
    const before = performance.now();
    const delivery = await queue.get({ timeout: 5, autoAck: false });
    times.push(performance.now() - before);
    await delivery!.ack();
  }
  return times.sort((one, other) => one - other)[100]!;
}
