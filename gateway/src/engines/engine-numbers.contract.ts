// The part of the suite that judges every engine which is about the numbers of messages: one test for each sentence of the contract.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECOND } from "../model/clock.js";
import { options } from "./engine.contract.js";
import type { Append, Engine, Shown } from "./engine.js";

const NOW = 1_700_000_000_000_000;
const LEASE = NOW + 30 * SECOND;

const numbers = (shown: readonly Shown[]) => shown.map(({ number }) => number);

/** @param open makes a new engine that keeps nothing yet, and opens it. */
export function judgeNumbers(name: string, open: () => Promise<Engine>): void {
  let engine: Engine;
  const put = (count: number, fields: Partial<Append> = {}) =>
    engine.append(Array.from({ length: count }, () => ({ queue: "q", body: Buffer.from("m"), ...fields })));
  const claim = (max = 99, now = NOW) => engine.claim("q", max, now, LEASE);
  const peek = async (now = NOW) => numbers(await engine.peek("q", 99, now));
  const last = (queue = "q") => engine.stats(queue, NOW).last;

  beforeEach(async () => {
    engine = await open();
    await engine.putQueue(options("q"), false);
    await engine.putQueue(options("other"), false);
  });
  afterEach(() => engine.close());

  describe(`${name} engine: numbers`, () => {
    test("count the messages of each queue from 1 in the order of append, at once", async () => {
      expect(last()).toBe(0);
      const appended = Promise.all([put(2), put(1, { queue: "other" }), put(1)]);
      expect([last(), last("other")]).toEqual([3, 1]);
      await appended;
      expect(await peek()).toEqual([1, 2, 3]);
      expect(numbers(await claim())).toEqual([1, 2, 3]);
    });

    test("stay with a message that is returned, at once or for later, and that lapses", async () => {
      await put(3);
      const claims = await claim();
      const verdicts = claims.map(
        ({ lease }, at) => ({ lease, kind: "return", at: at * SECOND, counted: true }) as const,
      );
      await engine.settle("q", verdicts, NOW);
      expect(await peek()).toEqual([1, 2, 3]);
      expect(numbers(await claim())).toEqual([1, 2, 3]);
      expect(numbers((await engine.lapsed("q", LEASE)).claims).sort()).toEqual([1, 2, 3]);
    });

    test("are never used again, whatever was settled, dropped, purged or taken without a lease", async () => {
      await put(4);
      const [one] = await claim(1);
      await engine.settle("q", [{ lease: one!.lease, kind: "forget" }], NOW);
      await engine.claim("q", 1, NOW);
      engine.dropOldest("q", 1);
      await engine.purge("q");
      await put(1);
      expect([await peek(), last()]).toEqual([[5], 5]);
    });

    test("are new in the queue that a message is moved to", async () => {
      await put(2, { queue: "other" });
      await put(1);
      const [one] = await claim(1);
      await engine.settle("q", [{ lease: one!.lease, kind: "move", queue: "other", body: one!.body }], NOW);
      expect(numbers(await engine.peek("other", 9, NOW))).toEqual([1, 2, 3]);
    });

    test("begin anew in a queue that was deleted and made again", async () => {
      await put(2);
      await engine.deleteQueue("q");
      await engine.putQueue(options("q"), false);
      await put(1);
      expect(await peek()).toEqual([1]);
    });
  });

  describe(`${name} engine: purging by number`, () => {
    test("forgets those messages, wherever they wait, and tells how many there were", async () => {
      await put(2);
      await put(1, { priority: 3 });
      await put(1, { due: NOW + SECOND });
      await put(2);
      const [third, first] = await claim(2);
      await engine.settle("q", [{ lease: first!.lease, kind: "return", at: 0, counted: false }], NOW);
      expect(third!.number).toBe(3);
      expect(await engine.purge("q", [1, 2, 4, 77])).toBe(3);
      expect(await peek(NOW + SECOND)).toEqual([5, 6]);
      expect(engine.stats("q", NOW)).toEqual({ ready: 2, delayed: 0, leased: 1, bytes: 3, last: 6 });
    });

    test("does so before and after they were looked at", async () => {
      await put(5);
      expect(await engine.purge("q", [2])).toBe(1);
      expect(await peek()).toEqual([1, 3, 4, 5]);
      expect(await engine.purge("q", [3, 5])).toBe(2);
      expect(numbers(await claim())).toEqual([1, 4]);
    });

    test("leaves what is leased, and forgets nothing twice", async () => {
      await put(3);
      await claim(1);
      expect(await engine.purge("q", [1, 2])).toBe(1);
      expect(await engine.purge("q", [1, 2, 2])).toBe(0);
      expect(await engine.purge("q", [])).toBe(0);
      expect(engine.stats("q", NOW)).toMatchObject({ ready: 1, leased: 1, bytes: 2 });
      expect((await engine.lapsed("q", LEASE)).claims).toHaveLength(1);
    });

    test("leaves no trace of what would have come due or expired", async () => {
      await put(1, { due: NOW + SECOND, expires: NOW + 2 * SECOND });
      await put(1, { expires: NOW + SECOND });
      expect(await engine.purge("q", [1, 2])).toBe(2);
      const later = NOW + 5 * SECOND;
      expect((await engine.lapsed("q", later)).expired).toEqual([]);
      expect(engine.stats("q", later)).toEqual({ ready: 0, delayed: 0, leased: 0, bytes: 0, last: 2 });
    });
  });
}
