// The suite that judges every engine, continued: priority, time of delivery and expiry.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECOND } from "../model/clock.js";
import { options } from "./engine.contract.js";
import { type Append, type Claim, type Engine, LAPSED_AT_ONCE, type Shown, type Verdict } from "./engine.js";

const NOW = 1_700_000_000_000_000;
const LEASE = NOW + 30 * SECOND;

const texts = (bodies: readonly Buffer[]) => bodies.map(String);
const bodies = (claims: readonly Shown[]) => claims.map(({ body }) => String(body));
const forget = ({ lease }: Claim): Verdict => ({ lease, kind: "forget" });
const giveBack = ({ lease }: Claim): Verdict => ({ lease, kind: "return", at: 0, counted: false });

/** @param open makes a new engine that keeps nothing yet, and opens it. */
export function judgeTimes(name: string, open: () => Promise<Engine>): void {
  let engine: Engine;
  const append = (...messages: string[]) =>
    engine.append(messages.map((message) => ({ queue: "q", body: Buffer.from(message) })));
  const claim = (max: number, now = NOW, until: number | undefined = LEASE) => engine.claim("q", max, now, until);
  const settle = (...verdicts: Verdict[]) => engine.settle("q", verdicts, NOW);
  const stats = (now = NOW) => engine.stats("q", now);

  beforeEach(async () => {
    engine = await open();
    await engine.putQueue(options("q"), false);
  });
  afterEach(() => engine.close());

  describe(`${name} engine: priority, due and expiry`, () => {
    const put = (text: string, fields: Partial<Append>) =>
      engine.append([{ queue: "q", body: Buffer.from(text), ...fields }]);

    test("the higher priority is claimed first, and within one the older", async () => {
      await put("1", {});
      await put("2", { priority: 5 });
      await put("3", { priority: 9 });
      await put("4", { priority: 5 });
      expect(bodies(await engine.peek("q", 9, NOW))).toEqual(["3", "2", "4", "1"]);
      const [third, second] = await claim(2);
      await settle(giveBack(second!), giveBack(third!));
      expect(bodies(await claim(9))).toEqual(["3", "2", "4", "1"]);
    });

    test("a high priority that comes late overtakes what was read already", async () => {
      await append("1", "2", "3");
      await claim(1);
      await put("urgent", { priority: 1 });
      expect(bodies(await claim(2))).toEqual(["urgent", "2"]);
    });

    test("what is due later is delayed until then, and then in its place", async () => {
      await put("1", { due: NOW + SECOND });
      await append("2");
      expect(stats()).toMatchObject({ ready: 1, delayed: 1, bytes: 2 });
      expect(bodies(await engine.peek("q", 9, NOW))).toEqual(["2"]);
      expect((await engine.lapsed("q", NOW)).next).toBe(NOW + SECOND);
      expect(bodies(await claim(9, NOW + SECOND))).toEqual(["1", "2"]);
    });

    test("what expired is claimed, shown and counted no more, and is told of once", async () => {
      await put("1", { expires: NOW + SECOND });
      await put("2", { expires: NOW + SECOND, due: NOW + 9 * SECOND });
      await put("3", { expires: NOW + SECOND, priority: 3 });
      await append("4");
      expect((await engine.lapsed("q", NOW)).next).toBe(NOW + SECOND);
      const later = NOW + SECOND;
      expect(stats(later)).toMatchObject({ ready: 1, delayed: 0 });
      expect(bodies(await engine.peek("q", 9, later))).toEqual(["4"]);
      expect(bodies(await claim(9, later, LEASE))).toEqual(["4"]);
      expect(texts((await engine.lapsed("q", later)).expired).sort()).toEqual(["1", "2", "3"]);
      expect((await engine.lapsed("q", later)).expired).toEqual([]);
      expect(stats(later)).toMatchObject({ ready: 0, delayed: 0, leased: 1, bytes: 1 });
    });

    test("the first look at a queue after an expiry sees it", async () => {
      for (const look of ["claim", "peek"] as const) {
        await put("gone", { expires: NOW + SECOND });
        await put("stays", {});
        const seen =
          look === "peek"
            ? bodies(await engine.peek("q", 9, NOW + SECOND))
            : bodies(await claim(9, NOW + SECOND, LEASE));
        expect(seen.at(-1)).toBe("stays");
        expect(seen).not.toContain("gone");
      }
    });

    test("a lease outlives the expiry of its message, which expires when it is given back", async () => {
      await put("1", { expires: NOW + SECOND });
      await put("2", { expires: NOW + SECOND });
      const [one, two] = await claim(2);
      const later = NOW + 2 * SECOND;
      expect((await engine.lapsed("q", later)).expired).toEqual([]);
      expect(stats(later).leased).toBe(2);
      expect(await engine.settle("q", [forget(one!), giveBack(two!)], later)).toEqual(["done", "done"]);
      expect(bodies(await claim(9, later, LEASE))).toEqual([]);
      expect(texts((await engine.lapsed("q", later)).expired)).toEqual(["2"]);
    });

    test("a now that is earlier than the last, by an hour, undoes nothing, loses nothing and hands out nothing twice", async () => {
      await put("leased", {});
      await put("expired", { expires: NOW + SECOND });
      await put("was due", { due: NOW + SECOND });
      await put("expires later", { expires: NOW + 60 * SECOND });
      await put("due later", { due: NOW + 60 * SECOND });
      const [leased] = await claim(1);
      const later = NOW + 2 * SECOND;
      expect(stats(later)).toMatchObject({ ready: 2, delayed: 1, leased: 1 });
      expect(texts((await engine.lapsed("q", later)).expired)).toEqual(["expired"]);

      const back = NOW - 3600 * SECOND;
      expect(stats(back)).toMatchObject({ ready: 2, delayed: 1, leased: 1 });
      expect((await engine.lapsed("q", back)).expired).toEqual([]);
      expect(bodies(await engine.peek("q", 9, back))).toEqual(["was due", "expires later"]);
      expect((await engine.held("q", [leased!.lease], back)).map(Boolean)).toEqual([true]);
      expect(await engine.settle("q", [forget(leased!)], back)).toEqual(["done"]);
      expect(bodies(await claim(9, back, back + 30 * SECOND))).toEqual(["was due", "expires later"]);
      expect((await engine.lapsed("q", back)).next).toBeLessThanOrEqual(back + 30 * SECOND);
      expect((await engine.lapsed("q", back + 30 * SECOND)).claims).toHaveLength(2);
      expect(bodies(await claim(9, NOW + 60 * SECOND, LEASE * 2))).toEqual(["due later"]);
    });

    test("a now that leaps an hour ahead ends what is over by then, once, and keeps the rest", async () => {
      await put("leased", {});
      await put("expires", { expires: NOW + 60 * SECOND });
      await put("due", { due: NOW + 60 * SECOND });
      await put("stays", {});
      await claim(1);
      const ahead = NOW + 3600 * SECOND;
      const { claims, expired } = await engine.lapsed("q", ahead);
      expect([bodies(claims), texts(expired)]).toEqual([["leased"], ["expires"]]);
      expect(await engine.settle("q", [giveBack(claims[0]!)], 0)).toEqual(["done"]);
      expect(bodies(await claim(9, ahead, ahead + SECOND))).toEqual(["leased", "due", "stays"]);
      expect(await engine.lapsed("q", ahead)).toMatchObject({ claims: [], expired: [] });
    });

    test("lapsed tells of no more than LAPSED_AT_ONCE, and asks to be called again", async () => {
      const many = Array.from({ length: LAPSED_AT_ONCE + 10 }, () => ({ queue: "q", body: Buffer.from("m") }));
      await engine.append(many.map((each) => ({ ...each, expires: NOW + SECOND })));
      await engine.append(many);
      const later = NOW + SECOND;
      await engine.claim("q", many.length, later, later + SECOND);
      const end = later + SECOND;
      const first = await engine.lapsed("q", end);
      expect([first.claims.length, first.expired.length]).toEqual([LAPSED_AT_ONCE, LAPSED_AT_ONCE]);
      expect(first.next).toBeLessThanOrEqual(end);
      const second = await engine.lapsed("q", end);
      expect([second.claims.length, second.expired.length]).toEqual([10, 10]);
    });
  });
}
