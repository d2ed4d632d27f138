// Queues as RestMQ knows them, on a clock that stands still.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batch } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import type { Shown } from "../engines/engine.js";
import { MemoryEngine } from "../engines/memory/engine.js";
import { Message } from "../gen/berrymq/v1/message.js";
import { defaultLimits, MAX_LOOKS } from "../limits.js";
import { SECOND } from "../model/clock.js";
import { KeyedQueues } from "./keyed-queues.js";
import { Looks } from "./looks.js";

const never = new AbortController().signal;
let broker: TestBroker;
let queues: KeyedQueues;

beforeEach(() => open());
afterEach(() => expect(broker.faults).toEqual([]));

async function open(limits = {}): Promise<void> {
  broker = new TestBroker(limits);
  await broker.broker.open();
  queues = new KeyedQueues(broker.broker);
}

const settled = async () => {
  for (let turns = 0; turns < 20; turns++) await turn();
};
const textOf = (shown: Shown | undefined) => shown && Message.decode(shown.body).payload.toString();

/** A consumer that holds what it is given until it is told that it left. */
class Reader {
  readonly keys: number[] = [];
  readonly held: ((left: boolean) => void)[] = [];
  stalled = 0;
  purged = 0;
  readonly open: { close(): void };

  constructor(
    readonly prompt: boolean,
    name = "x",
  ) {
    this.open = queues.consume(name, {
      write: ({ number }, written) => {
        this.keys.push(number);
        if (this.prompt) setImmediate(() => written(true));
        else this.held.push(written);
      },
      stalled: () => {
        this.stalled++;
        this.open.close();
      },
      purged: () => this.purged++,
    });
  }
}

describe("adding", () => {
  test("numbers in order, also many at once, beside what others publish", async () => {
    const added = Promise.all(["a", "b", "c"].map((text) => queues.add("x", text)));
    const others = broker.publish(batch({ identifier: "x:other" })).stored;
    const last = queues.add("x", "d");
    await others;
    expect([await added, await last]).toEqual([[1, 2, 3], 5]);
  });

  test("a queue that was made to keep something else is refused, and nobody hears it", async () => {
    await broker.queue({ name: "x", patterns: ["images:*"] });
    const follower = broker.follow("x:*");
    follower.grant(10);
    await expect(queues.add("x", "a")).rejects.toMatchObject({ reason: "QUEUE_EXISTS" });
    expect(follower.take(1000)).toBeUndefined();
  });

  test("a full disk refuses what is added, which is 503", async () => {
    class FullEngine extends MemoryEngine {
      override readonly full = true;
    }
    broker = new TestBroker({}, new FullEngine(defaultLimits));
    await broker.broker.open();
    queues = new KeyedQueues(broker.broker);
    await expect(queues.add("x", "a")).rejects.toMatchObject({ reason: "STORAGE_FAILED", code: "UNAVAILABLE" });
  });

  test("a text whose time is over is passed over", async () => {
    await queues.add("x", "a", 5);
    await queues.add("x", "b");
    await broker.clock.advance(6 * SECOND);
    expect(queues.standing("x").length).toBe(1);
    expect(textOf(await queues.pop("x", never))).toBe("b");
  });
});

describe("wishes for a queue that is not there", () => {
  test("the policy is taken over by the first text, the flow is not, and neither makes it", async () => {
    await queues.setPolicy("x", false);
    await queues.setFlowing("x", false);
    expect(queues.standing("x")).toEqual({ name: "x", broadcast: false, flowing: false });
    expect(queues.all()).toEqual([]);
    await queues.add("x", "a");
    expect(queues.standing("x")).toEqual({ name: "x", length: 1, broadcast: false, flowing: true });
  });

  test("are bounded", async () => {
    await open({ queues: 2 });
    await queues.setPolicy("a", false);
    await queues.setPolicy("b", false);
    await queues.setFlowing("a", false);
    await expect(queues.setPolicy("c", false)).rejects.toMatchObject({ reason: "LIMIT_REACHED" });
  });
});

describe("live consumers", () => {
  test("that came before the queue get its first message together", async () => {
    const readers = [new Reader(true), new Reader(true)];
    await queues.add("x", "a");
    await settled();
    expect(readers.map(({ keys }) => keys)).toEqual([[1], [1]]);
    expect(queues.standing("x").length).toBe(0);
  });

  test("get one message at a time; one that could not leave goes to the next, uncounted, and the consumer ends", async () => {
    await queues.setPolicy("x", false);
    const reader = new Reader(false);
    await queues.add("x", "a");
    await queues.add("x", "b");
    await settled();
    expect(reader.keys).toEqual([1]);
    reader.held.shift()!(false);
    const next = new Reader(true);
    await settled();
    expect([reader.keys, next.keys]).toEqual([[1], [1, 2]]);
  });

  test("one that is closed with a message on its way gives it back", async () => {
    const reader = new Reader(false);
    await queues.add("x", "a");
    await settled();
    reader.open.close();
    await settled();
    expect((await queues.pop("x", never))?.number).toBe(1);
  });

  test("one that takes nothing is told, and holds up the others of a broadcast no longer", async () => {
    const [stuck, reader] = [new Reader(false), new Reader(true)];
    for (const text of ["a", "b", "c"]) await queues.add("x", text);
    await settled();
    expect(reader.keys).toEqual([1]);
    await broker.clock.advance(11 * SECOND);
    await settled();
    expect([stuck.stalled, reader.keys]).toEqual([1, [1, 2, 3]]);
    expect(queues.standing("x").length).toBe(0);
  });

  test("get nothing while the flow is halted, whoever asks does", async () => {
    await queues.add("x", "a");
    await queues.setFlowing("x", false);
    const reader = new Reader(true);
    await queues.add("x", "b");
    await settled();
    expect(reader.keys).toEqual([]);
    expect(textOf(await queues.pop("x", never))).toBe("a");
    const waiting = broker.broker.queues.get("x").get(1, undefined, SECOND, never);
    await settled();
    expect((await waiting).map(({ number }) => number)).toEqual([2]);
    await queues.add("x", "c");
    await queues.setFlowing("x", true);
    await settled();
    expect(reader.keys).toEqual([3]);
  });

  test("a change of policy counts from the next message on", async () => {
    const readers = [new Reader(true), new Reader(true)];
    await queues.add("x", "a");
    await settled();
    await queues.setPolicy("x", false);
    for (const text of ["b", "c"]) {
      await queues.add("x", text);
      await settled();
    }
    expect(readers.flatMap(({ keys }) => keys).sort()).toEqual([1, 1, 2, 3]);
  });

  test("a purge ends them, and takes what is on its way with it", async () => {
    const reader = new Reader(false);
    for (const text of ["a", "b"]) await queues.add("x", text);
    await settled();
    expect(await queues.purge("x")).toBe(true);
    await settled();
    expect([reader.purged, queues.standing("x").length]).toEqual([1, 0]);
    expect(broker.broker.queues.get("x").stats()).toMatchObject({ ready: 0, leased: 0, last: 2 });
  });

  test("outlive their queue, and take from the next of its name", async () => {
    const reader = new Reader(true);
    await queues.add("x", "a");
    await settled();
    await broker.broker.queues.delete("x");
    await queues.add("x", "b");
    await settled();
    expect(reader.keys).toEqual([1, 1]);
  });
});

test("looks are counted for the oldest message of each queue, and bounded", async () => {
  await queues.add("x", "a");
  expect([(await queues.look("x"))?.count, (await queues.look("x"))?.count]).toEqual([1, 2]);
  const looks = new Looks();
  looks.count("x", 1);
  for (let at = 0; at < MAX_LOOKS; at++) looks.count(`q${at}`, 1);
  expect([looks.count("q1", 1), looks.count("x", 1)]).toEqual([2, 1]);
});

test("of a long queue the newest are the last numbers", async () => {
  for (let at = 0; at < 1005; at++) await queues.add("x", "v");
  expect(await queues.newest("x", 3)).toEqual([1005, 1004, 1003]);
  expect(await queues.newest("unknown", 3)).toEqual([]);
});
