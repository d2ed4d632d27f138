// The suite that judges every engine: one test for each sentence of the contract in `engine.ts`. What is about order and times is in
// `engine-times.contract.ts`.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECOND } from "../model/clock.js";
import { DEFAULTS, type QueueOptions } from "../model/queue-options.js";
import { CLAIM_BYTES, type Claim, type Engine, type Shown, type Verdict } from "./engine.js";

const NOW = 1_700_000_000_000_000;
const LEASE = NOW + 30 * SECOND;

export function options(name: string): QueueOptions {
  return { ...DEFAULTS, name, patterns: [], owner: "", dropOldest: false };
}

const texts = (dropped: readonly Buffer[]) => dropped.map(String);
const bodies = (claims: readonly Shown[]) => claims.map(({ body }) => String(body));
const forget = ({ lease }: Claim): Verdict => ({ lease, kind: "forget" });
const giveBack = ({ lease }: Claim, at = 0, counted = false): Verdict => ({ lease, kind: "return", at, counted });

/** @param open makes a new engine that keeps nothing yet, and opens it. */
export function judge(name: string, open: () => Promise<Engine>): void {
  let engine: Engine;
  const append = (...messages: string[]) =>
    engine.append(messages.map((message) => ({ queue: "q", body: Buffer.from(message) })));
  const claim = (max: number, now = NOW, until: number | undefined = LEASE) => engine.claim("q", max, now, until);
  const claimOne = async (now = NOW, until = LEASE) => (await claim(1, now, until))[0]!;
  const settle = (...verdicts: Verdict[]) => engine.settle("q", verdicts, NOW);
  const stats = (now = NOW) => engine.stats("q", now);

  beforeEach(async () => {
    engine = await open();
    await engine.putQueue(options("q"), false);
    await engine.putQueue(options("other"), false);
  });
  afterEach(() => engine.close());

  describe(`${name} engine: appending and claiming`, () => {
    test("messages are claimed in the order of append, over many calls", async () => {
      await Promise.all([append("1", "2"), append("3")]);
      await append("4");
      expect(bodies(await claim(3))).toEqual(["1", "2", "3"]);
      expect(bodies(await claim(3))).toEqual(["4"]);
    });

    test("one append may touch many queues", async () => {
      const both = ["q", "other"].map((queue) => ({ queue, body: Buffer.from("m") }));
      await engine.append(both);
      expect(bodies(await claim(2))).toEqual(["m"]);
      expect(bodies(await engine.claim("other", 2, NOW, LEASE))).toEqual(["m"]);
    });

    test("an append of nothing is harmless", async () => {
      await engine.append([]);
      expect(await claim(1)).toEqual([]);
    });

    test("an empty queue answers a claim with nothing", async () => {
      expect(await claim(10)).toEqual([]);
    });

    test("a body that is a view of a larger buffer is kept as it was at the append", async () => {
      const buffer = Buffer.from("xxabcxx");
      await engine.append([{ queue: "q", body: buffer.subarray(2, 5) }]);
      buffer.fill("!");
      expect(bodies(await claim(1))).toEqual(["abc"]);
    });

    test("empty bodies and all bytes are kept", async () => {
      const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      await engine.append([
        { queue: "q", body: Buffer.alloc(0) },
        { queue: "q", body: all },
      ]);
      const [empty, full] = await claim(2);
      expect(empty!.body.length).toBe(0);
      expect(full!.body.equals(all)).toBe(true);
    });

    test("a leased message is claimed by nobody else", async () => {
      await append("1");
      await claim(1);
      expect(await claim(1)).toEqual([]);
    });

    test("each claim has a lease name of its own, and none without a lease", async () => {
      await append("1", "2", "3");
      const leased = await claim(2);
      const [gone] = await engine.claim("q", 1, NOW);
      expect(new Set(leased.map(({ lease }) => lease)).size).toBe(2);
      expect(leased.every(({ lease }) => lease !== "")).toBe(true);
      expect(gone!.lease).toBe("");
    });

    test("a claim without a lease forgets the message", async () => {
      await append("1");
      expect(bodies(await engine.claim("q", 1, NOW))).toEqual(["1"]);
      expect(stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
    });

    test("a claim holds about CLAIM_BYTES, and one message at least", async () => {
      const large = Buffer.alloc(CLAIM_BYTES - 10);
      await engine.append([large, large, Buffer.alloc(CLAIM_BYTES + 1)].map((body) => ({ queue: "q", body })));
      for (let i = 0; i < 3; i++) expect(await claim(10)).toHaveLength(1);
    });
  });

  describe(`${name} engine: settling`, () => {
    test("what is forgotten does not come again", async () => {
      await append("1");
      expect(await settle(forget(await claimOne()))).toEqual(["done"]);
      expect(stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
    });

    test("what is returned at once takes its old place", async () => {
      await append("1", "2", "3");
      const [first, second] = await claim(2);
      await settle(giveBack(second!), giveBack(first!));
      expect(bodies(await claim(3))).toEqual(["1", "2", "3"]);
    });

    test("a lease that was returned and claimed again is another lease", async () => {
      await append("1");
      const first = await claimOne();
      await settle(giveBack(first));
      expect((await claimOne()).lease).not.toBe(first.lease);
    });

    test("a return that is not counted keeps the attempt, one that is raises it", async () => {
      await append("1");
      const first = await claimOne();
      expect(first.attempt).toBe(1);
      await settle(giveBack(first, 0, false));
      const again = await claimOne();
      expect(again.attempt).toBe(1);
      await settle(giveBack(again, 0, true));
      expect((await claimOne()).attempt).toBe(2);
    });

    test("what is returned for later is delayed until then, and then at its old place", async () => {
      await append("1", "2");
      const at = NOW + 5 * SECOND;
      await settle(giveBack(await claimOne(), at, true));
      expect(stats(at - 1)).toMatchObject({ ready: 1, delayed: 1 });
      expect(bodies(await engine.claim("q", 9, at - 1, LEASE))).toEqual(["2"]);
      await append("3");
      expect(stats(at)).toMatchObject({ ready: 2, delayed: 0 });
      expect(bodies(await engine.claim("q", 9, at, LEASE))).toEqual(["1", "3"]);
    });

    test("a moved message stands at the end of the other queue with its new body", async () => {
      await append("1");
      await engine.append([{ queue: "other", body: Buffer.from("0") }]);
      const { lease } = await claimOne();
      expect(await settle({ lease, kind: "move", queue: "other", body: Buffer.from("dead") })).toEqual(["done"]);
      expect(bodies(await engine.claim("other", 9, NOW, LEASE))).toEqual(["0", "dead"]);
      expect(stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
    });

    test("settling twice answers before, whatever the verdict, and changes nothing", async () => {
      await append("1");
      const claimed = await claimOne();
      await settle(forget(claimed));
      expect(await settle(forget(claimed), giveBack(claimed))).toEqual(["before", "before"]);
      expect(await claim(1)).toEqual([]);
    });

    test("the same lease twice in one call is settled once", async () => {
      await append("1");
      const claimed = await claimOne();
      expect(await settle(giveBack(claimed, 0, true), giveBack(claimed, 0, true))).toEqual(["done", "before"]);
      const again = await claim(9);
      expect(again.map(({ attempt }) => attempt)).toEqual([2]);
    });

    test("an unknown lease is lost, and the others of the call are settled", async () => {
      await append("1");
      const known = await claimOne();
      const unknown: Verdict = { lease: "nobody.0.1", kind: "forget" };
      expect(await settle(unknown, forget(known), { lease: "", kind: "forget" })).toEqual(["lost", "done", "lost"]);
      expect(stats().leased).toBe(0);
    });

    test("a lease past its end is lost", async () => {
      await append("1");
      const claimed = await claimOne();
      expect(await engine.settle("q", [forget(claimed)], LEASE)).toEqual(["lost"]);
      expect(stats().leased).toBe(1);
    });

    test("a lease of another queue is lost", async () => {
      await append("1");
      expect(await engine.settle("other", [forget(await claimOne())], NOW)).toEqual(["lost"]);
    });

    test("a lease of a deleted queue does not fit a new one of the same name", async () => {
      await append("1");
      const old = await claimOne();
      await engine.deleteQueue("q");
      await engine.putQueue(options("q"), false);
      await append("2");
      await claimOne();
      expect(await settle(forget(old))).toEqual(["lost"]);
      expect(stats().leased).toBe(1);
    });
  });

  describe(`${name} engine: leases`, () => {
    test("held tells the claims of leases that hold, in order, and undefined for the others", async () => {
      await append("1", "2");
      const [one, two] = await claim(2);
      const held = await engine.held("q", [two!.lease, "nobody", one!.lease], NOW);
      expect(held.map((claimed) => claimed && String(claimed.body))).toEqual(["2", undefined, "1"]);
      expect(await engine.held("q", [one!.lease], LEASE)).toEqual([undefined]);
    });

    test("extending moves the end, also nearer, and answers false for what holds no longer", async () => {
      await append("1");
      const { lease } = await claimOne();
      expect(await engine.extend("q", [lease, "nobody"], NOW, LEASE + SECOND)).toEqual([true, false]);
      expect((await engine.lapsed("q", LEASE)).claims).toEqual([]);
      expect(await engine.extend("q", [lease], LEASE, LEASE + 1)).toEqual([true]);
      expect(bodies((await engine.lapsed("q", LEASE + 1)).claims)).toEqual(["1"]);
      expect(await engine.extend("q", [lease], LEASE + 1, LEASE + SECOND)).toEqual([false]);
    });

    test("lapsed leases are told, stay in place, and are settled with a now of 0", async () => {
      await append("1", "2");
      await claim(2);
      const { claims } = await engine.lapsed("q", LEASE);
      expect(bodies(claims)).toEqual(["1", "2"]);
      expect(stats(LEASE).leased).toBe(2);
      const verdicts = claims.map((claimed) => giveBack(claimed, 0, true));
      expect(await engine.settle("q", verdicts, 0)).toEqual(["done", "done"]);
      const again = await engine.claim("q", 9, LEASE, LEASE + SECOND);
      expect(again.map(({ attempt }) => attempt)).toEqual([2, 2]);
    });

    test("lapsed tells when to look again: at the next end of a lease or of a delay, or never", async () => {
      expect(await engine.lapsed("q", NOW)).toEqual({ claims: [], expired: [], next: undefined });
      await append("1", "2");
      await claim(1);
      expect((await engine.lapsed("q", NOW)).next).toBe(LEASE);
      await settle(giveBack(await claimOne(), NOW + SECOND, true));
      expect((await engine.lapsed("q", NOW)).next).toBe(NOW + SECOND);
    });

    test("a settled lease does not lapse", async () => {
      await append("1");
      await settle(forget(await claimOne()));
      expect((await engine.lapsed("q", LEASE)).claims).toEqual([]);
    });
  });

  describe(`${name} engine: looking and making room`, () => {
    test("peek shows what is due in the order of claiming and changes nothing", async () => {
      await append("1", "2", "3", "4");
      const [one, two] = await claim(2);
      await settle(giveBack(one!), giveBack(two!, NOW + SECOND));
      expect(bodies(await engine.peek("q", 9, NOW))).toEqual(["1", "3", "4"]);
      expect(bodies(await engine.peek("q", 9, NOW + SECOND))).toEqual(["1", "2", "3", "4"]);
      expect(bodies(await engine.peek("q", 2, NOW))).toEqual(["1", "2"]);
      expect(stats()).toMatchObject({ ready: 4, leased: 0 });
    });

    test("dropOldest forgets the oldest that nobody leases, and tells which", async () => {
      await append("1", "2", "3");
      await claim(1);
      expect(texts(engine.dropOldest("q", 1))).toEqual(["2"]);
      expect(stats()).toMatchObject({ ready: 1, leased: 1, bytes: 2 });
      expect(texts(engine.dropOldest("q", 5))).toEqual(["3"]);
      expect(engine.dropOldest("q", 5)).toEqual([]);
      expect(stats()).toMatchObject({ ready: 0, leased: 1, bytes: 1 });
    });

    test("purge forgets what nobody leases, what is delayed too, and tells which", async () => {
      await append("1", "2", "3");
      const [, second] = await claim(2);
      await settle(giveBack(second!, NOW + SECOND));
      expect(await engine.purge("q")).toBe(2);
      expect(stats()).toMatchObject({ ready: 0, delayed: 0, leased: 1, bytes: 1 });
      await append("4");
      expect(bodies(await claim(9))).toEqual(["4"]);
    });

    test("stats count at the moment of the call, whenever its promise is fulfilled", async () => {
      const appended = append("12", "345");
      expect(stats()).toMatchObject({ ready: 2, delayed: 0, leased: 0, bytes: 5 });
      await appended;
      const [one] = await claim(1);
      expect(stats()).toMatchObject({ ready: 1, delayed: 0, leased: 1, bytes: 5 });
      const settled = settle(forget(one!));
      expect(stats()).toMatchObject({ ready: 1, delayed: 0, leased: 0, bytes: 3 });
      await settled;
    });
  });

  describe(`${name} engine: queues`, () => {
    test("changing a queue keeps what it holds", async () => {
      await append("1");
      await engine.putQueue({ ...options("q"), maxMessages: 5 }, true);
      expect(stats().ready).toBe(1);
    });

    test("a queue that was deleted and made again is empty", async () => {
      await append("1");
      await engine.deleteQueue("q");
      await engine.putQueue(options("q"), false);
      expect(stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
    });

    test("unknown queues are the caller's fault: every method throws", async () => {
      const verdict: Verdict = { lease: "l", kind: "forget" };
      await expect(engine.append([{ queue: "none", body: Buffer.alloc(1) }])).rejects.toThrow("none");
      await expect(engine.claim("none", 1, NOW, LEASE)).rejects.toThrow("none");
      await expect(engine.held("none", ["l"], NOW)).rejects.toThrow("none");
      await expect(engine.settle("none", [verdict], NOW)).rejects.toThrow("none");
      await expect(engine.extend("none", ["l"], NOW, LEASE)).rejects.toThrow("none");
      await expect(engine.lapsed("none", NOW)).rejects.toThrow("none");
      await expect(engine.peek("none", 1, NOW)).rejects.toThrow("none");
      await expect(engine.purge("none")).rejects.toThrow("none");
      expect(() => engine.dropOldest("none", 1)).toThrow("none");
      expect(() => engine.stats("none", NOW)).toThrow("none");
    });

    test("an append to a queue that there is and one that there is not happens nowhere", async () => {
      const entries = ["q", "none"].map((queue) => ({ queue, body: Buffer.from("m") }));
      await expect(engine.append(entries)).rejects.toThrow("none");
      expect(stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, bytes: 0 });
    });

    test("a settle that moves to a queue that there is not happens not at all", async () => {
      await append("1", "2");
      const [one, two] = await claim(2);
      const move: Verdict = { lease: two!.lease, kind: "move", queue: "none", body: Buffer.from("m") };
      await expect(settle(forget(one!), move)).rejects.toThrow("none");
      expect(stats()).toMatchObject({ ready: 0, delayed: 0, leased: 2, bytes: 2 });
    });

    test("a call on a queue that there is not harms no other call of the turn", async () => {
      const kept = append("1");
      const verdict: Verdict = { lease: "l", kind: "forget" };
      await expect(engine.settle("none", [verdict], NOW)).rejects.toThrow("none");
      await kept;
      expect(stats().ready).toBe(1);
    });

    test("closing twice is harmless", async () => {
      await engine.close();
      await engine.close();
    });
  });
}
