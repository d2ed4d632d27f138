// What the ledger of a queue remembers stays in proportion to what it holds.
import { expect, test } from "vitest";
import { Queue } from "../gen/berrymq/v1/queue.js";
import { defaultLimits } from "../limits.js";
import { readAskedQueue, withDefaults } from "../model/asked-queue.js";
import { SECOND } from "../model/clock.js";
import { MemoryEngine } from "./memory/engine.js";

const NOW = 1_700_000_000_000_000;
const FAR = NOW + 12 * 3600 * SECOND;

test("a lease that is extended a hundred thousand times costs the claims of others nothing", async () => {
  const engine = new MemoryEngine(defaultLimits);
  await engine.putQueue(withDefaults(readAskedQueue(Queue.fromPartial({ name: "q" }), "")));
  const entry = { queue: "q", body: Buffer.from("m"), priority: 0, due: 0 };
  await engine.append(Array.from({ length: 1001 }, () => entry));
  const [held] = await engine.claim("q", 1, NOW, FAR);
  for (let i = 0; i < 100_000; i++) await engine.extend("q", [held!.lease], NOW, FAR + i);
  const began = performance.now();
  for (let i = 0; i < 1000; i++) {
    const [claim] = await engine.claim("q", 1, NOW, FAR);
    await engine.settle("q", [{ lease: claim!.lease, kind: "forget" }], NOW);
  }
  expect(performance.now() - began).toBeLessThan(1000);
  expect((await engine.lapsed("q", FAR + 99_998)).next).toBe(FAR + 99_999);
});
