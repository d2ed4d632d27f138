// Batches that are published one by one, without a stream.
import { beforeEach, expect, test } from "vitest";
import { batch } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import type { Append } from "../engines/engine.js";
import { MemoryEngine } from "../engines/memory/engine.js";
import { defaultLimits } from "../limits.js";
import { SECOND } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { PublisherService } from "./publisher.js";

const caller = { session: "s", ident: "" };
let broker: TestBroker;
let service: PublisherService;
function begin(engine?: MemoryEngine): void {
  broker = new TestBroker({}, engine);
  service = new PublisherService(broker.broker, broker.limits);
}
beforeEach(() => begin());

const accepted = async (...given: Parameters<PublisherService["publishBatch"]>) => {
  const { through, accepted, refused } = await service.publishBatch(...given);
  const runs = accepted.map(({ firstSequence, count }) => [Number(firstSequence), count]);
  return [Number(through), runs, refused.length];
};

test("a session counts on from call to call", async () => {
  expect(await accepted(caller, batch({}, {}), 1, false)).toEqual([2, [[1, 2]], 0]);
  expect(await accepted(caller, batch({}), 3, false)).toEqual([3, [[3, 1]], 0]);
  expect(await accepted(caller, batch({}, {}), 3, true)).toEqual([4, [[4, 1]], 0]);
  await expect(service.publishBatch(caller, batch({}), 9, false)).rejects.toThrow("9 after 4");
});

test("it counts on over a stream of the same session, and is remembered for two minutes", async () => {
  const stream = service.stream(caller);
  stream.accept(batch({}, {}), 1, false);
  await turn();
  stream.close();
  await broker.clock.advance(119 * SECOND);
  expect(await accepted(caller, batch({}), 3, false)).toEqual([3, [[3, 1]], 0]);
  await broker.clock.advance(119 * SECOND);
  await expect(service.publishBatch(caller, batch({}), 9, false)).rejects.toThrow("9 after 3");
});

test("who names no session is a stranger each time", async () => {
  const stranger = { session: "", ident: "" };
  expect(await accepted(stranger, batch({}), 7, false)).toEqual([7, [[7, 1]], 0]);
  expect(await accepted(stranger, batch({}), 0, false)).toEqual([1, [[1, 1]], 0]);
});

test("what cannot be stored is refused, once that is known", async () => {
  class FullEngine extends MemoryEngine {
    override append(_appends: readonly Append[]): Promise<void> {
      return turn().then(() => Promise.reject(new Refusal("STORAGE_FAILED", "full")));
    }
  }
  begin(new FullEngine(defaultLimits));
  await broker.queue({ name: "q" });
  const { accepted, refused } = await service.publishBatch(caller, batch({ identifier: "q:x" }, {}), 1, false);
  expect(accepted.map(({ firstSequence }) => firstSequence)).toEqual([2n]);
  expect(refused).toMatchObject([{ firstSequence: 1n, count: 1, error: { message: "full" } }]);
});
