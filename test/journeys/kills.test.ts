// Durable queues under load while the gateway is killed at random moments: every acknowledged message is delivered, none is invented.
// BERRYMQ_KILLS sets how often (default 5; the full run takes 50). The seed is printed, and BERRYMQ_SEED repeats it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BerryMQError, Bus } from "berrymq";
import { afterEach, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";

const KILLS = Number(process.env.BERRYMQ_KILLS ?? 5);
const SEED = Number(process.env.BERRYMQ_SEED ?? Date.now() % 2 ** 31);
const PUBLISHERS = 2;
const CONSUMERS = 2;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test(
  `every acknowledged message outlives ${KILLS} kills of the gateway under load`,
  async () => {
    const random = seeded(SEED);
    const data = mkdtempSync(join(tmpdir(), "berrymq-kills-"));
    closing.push(() => rmSync(data, { recursive: true }));
    let gateway = await Gateway.start({ data });
    const { port, url } = gateway;
    closing.push(() => gateway.stop());

    const work = new Work();
    for (let each = 0; each < CONSUMERS; each++) void work.consume(await linked(url));
    for (let each = 0; each < PUBLISHERS; each++) void work.publish(await linked(url), each);
    for (let kill = 0; kill < KILLS; kill++) {
      const before = work.acknowledged.size;
      const more = 200 + Math.floor(random() * 1500);
      await until("enough is acknowledged", () => work.acknowledged.size > before + more, 20);
      await gateway.kill();
      gateway = await Gateway.start({ data, port });
    }
    await work.stopPublishing();
    await until("everything is delivered", () => [...work.acknowledged].every((id) => work.delivered.has(id)), 30);
    const duplicates = [...work.delivered.values()].filter((times) => times > 1).length;
    const { acknowledged, delivered, published } = work;
    console.log(
      `seed ${SEED}: ${KILLS} kills, ${published.size} published, ${acknowledged.size} acknowledged, ${delivered.size} delivered, ${duplicates} of them more than once`,
    );
    expect([...delivered.keys()].filter((id) => !published.has(id))).toEqual([]);
    // Whoever got a message, and could not settle it before the kill, makes it come again: no more than was in hand at each kill.
    expect(duplicates).toBeLessThanOrEqual(KILLS * CONSUMERS * Work.CREDIT);
  },
  60_000 + KILLS * 10_000,
);

/** Publishes and consumes, and keeps the books. */
class Work {
  static readonly CREDIT = 50;
  readonly published = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** How often each was delivered. */
  readonly delivered = new Map<string, number>();
  readonly #publishing: Promise<void>[] = [];
  #stopped = false;

  publish(bus: Bus, publisher: number): void {
    this.#publishing.push(this.#publish(bus, publisher));
  }

  async stopPublishing(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#publishing);
  }

  async consume(bus: Bus): Promise<void> {
    const queue = await bus.queue("work:*", { shared: true, name: "work", lease: 5 });
    for await (const delivery of queue.consume({ credit: Work.CREDIT })) {
      const id = String(delivery.message.args[0]);
      this.delivered.set(id, (this.delivered.get(id) ?? 0) + 1);
      delivery.ack().catch(passOver);
    }
  }

  async #publish(bus: Bus, publisher: number): Promise<void> {
    await bus.queue("work:*", { shared: true, name: "work", lease: 5 });
    for (let piece = 0; !this.#stopped; piece++) {
      const ids = Array.from({ length: 20 }, (_, index) => `${publisher}/${piece}/${index}`);
      for (const id of ids) this.published.add(id);
      await bus.publishMany(ids.map((id) => ["work:item", id] as const));
      for (const id of ids) this.acknowledged.add(id);
    }
  }
}

async function linked(url: string): Promise<Bus> {
  const bus = new Bus();
  await bus.connect(url);
  closing.push(() => bus.close());
  return bus;
}

/** A lease or a connection that was lost with the gateway: the message comes again. */
function passOver(error: unknown): void {
  if (!(error instanceof BerryMQError)) throw error;
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
