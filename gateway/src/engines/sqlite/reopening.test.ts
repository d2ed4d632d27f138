// What the file keeps over a restart, and what happens to a file that is in use, newer or damaged.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECOND } from "../../model/clock.js";
import { DEFAULTS, type QueueOptions } from "../../model/queue-options.js";
import type { Log } from "../../telemetry/log.js";
import type { Append, Claim, Kept } from "../engine.js";
import { SqliteEngine } from "./engine.js";
import { StoreError } from "./file.js";

const NOW = 1_700_000_000_000_000;
const LEASE = NOW + 30 * SECOND;
const options: QueueOptions = { ...DEFAULTS, name: "q", patterns: [], owner: "", dropOldest: false };
const bodies = (claims: readonly Claim[]) => claims.map(({ body }) => String(body));

let directory: string;
let engine: SqliteEngine;
let kept: Kept;
let logged: unknown[];
const note = (entry: unknown) => void logged.push(entry);
const log: Log = { debug: note, info: note, warn: note, error: note };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berrymq-reopening-"));
  logged = [];
  await open();
  await engine.putQueue(options, false);
});
afterEach(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

async function open(): Promise<void> {
  engine = new SqliteEngine({ directory, synchronous: "normal", settledLeases: 1000, reserve: 4096 }, log);
  kept = await engine.open();
}

async function reopen(): Promise<void> {
  await engine.close();
  await open();
}

const put = (text: string, fields: Partial<Append> = {}) =>
  engine.append([{ queue: "q", body: Buffer.from(text), ...fields }]);
const claim = (max = 9, now = NOW) => engine.claim("q", max, now, LEASE);

describe("a file that is opened again", () => {
  test("has every queue with its options and its pause", async () => {
    await engine.putQueue({ ...options, name: "other", maxMessages: 7 }, true);
    await reopen();
    expect(kept.queues.map(({ options: { name, maxMessages }, paused }) => [name, maxMessages, paused])).toEqual([
      ["q", DEFAULTS.maxMessages, false],
      ["other", 7, true],
    ]);
  });

  test("has the messages in their order, by priority, with their delays", async () => {
    await put("1");
    await put("2", { priority: 3 });
    await put("3", { due: NOW + SECOND });
    await put("4");
    await reopen();
    expect(engine.stats("q", NOW)).toMatchObject({ ready: 3, delayed: 1, leased: 0, bytes: 4 });
    expect(bodies(await claim())).toEqual(["2", "1", "4"]);
    expect(bodies(await claim(9, NOW + SECOND))).toEqual(["3"]);
  });

  test("remembers attempts and when they may be tried again", async () => {
    await put("1");
    const [one] = await claim();
    await engine.settle("q", [{ lease: one!.lease, kind: "return", at: NOW + SECOND, counted: true }], NOW);
    await reopen();
    expect(await claim()).toEqual([]);
    expect((await claim(1, NOW + SECOND))[0]?.attempt).toBe(2);
  });

  test("tells of what expired meanwhile, once, and hands it out no more", async () => {
    await put("1", { expires: NOW + SECOND });
    await put("2", { expires: NOW + SECOND, due: NOW + 5 * SECOND });
    await put("3");
    await reopen();
    const later = NOW + SECOND;
    expect(engine.stats("q", later)).toMatchObject({ ready: 1, delayed: 0 });
    expect((await engine.lapsed("q", later)).expired.map(String).sort()).toEqual(["1", "2"]);
    await reopen();
    expect((await engine.lapsed("q", later)).expired).toEqual([]);
    expect(bodies(await claim(9, later))).toEqual(["3"]);
  });

  test("has nothing that was settled, dropped, purged or taken without a lease", async () => {
    for (const text of ["settled", "taken", "dropped", "purged"]) await put(text);
    const [settled] = await claim(1);
    await engine.settle("q", [{ lease: settled!.lease, kind: "forget" }], NOW);
    await engine.claim("q", 1, NOW);
    engine.dropOldest("q", 1);
    await engine.purge("q");
    await put("stays");
    await reopen();
    expect(bodies(await claim())).toEqual(["stays"]);
  });

  test("lets a lease from before acknowledge while nobody else has the message, and loses it otherwise", async () => {
    await put("1");
    await put("2");
    const [one, two] = await claim();
    await reopen();
    const verdict = (lease: string) => [{ lease, kind: "forget" } as const];
    expect(await engine.settle("q", verdict(two!.lease), NOW)).toEqual(["done"]);
    expect(bodies(await claim())).toEqual(["1"]);
    expect(await engine.settle("q", verdict(one!.lease), NOW)).toEqual(["lost"]);
    expect(await engine.settle("q", verdict(two!.lease), NOW)).toEqual(["before"]);
  });

  test("loses nothing when the clock was set an hour back or ahead meanwhile, and delays nothing by more than that", async () => {
    await put("1");
    await put("2", { due: NOW + SECOND });
    await put("3");
    const [one] = await claim(1);
    await engine.settle("q", [{ lease: one!.lease, kind: "return", at: NOW + SECOND, counted: true }], NOW);
    await reopen();
    const back = NOW - 3600 * SECOND;
    expect(engine.stats("q", back)).toMatchObject({ ready: 1, delayed: 2 });
    expect((await engine.lapsed("q", back)).next).toBe(NOW + SECOND);
    expect(bodies(await claim(9, back))).toEqual(["3"]);
    await reopen();
    const ahead = NOW + 3600 * SECOND;
    const claims = await engine.claim("q", 9, ahead, ahead + SECOND);
    expect(claims.map(({ body, attempt }) => [String(body), attempt])).toEqual([
      ["1", 2],
      ["2", 1],
      ["3", 1],
    ]);
  });

  test("knows how far each session has come", async () => {
    await engine.append([{ queue: "q", body: Buffer.from("1") }], { session: "s", sequence: 5 });
    await engine.append([{ queue: "q", body: Buffer.from("2") }], { session: "s", sequence: 9 });
    await reopen();
    expect(kept.progress).toEqual([{ session: "s", sequence: 9 }]);
  });
});

describe("a file that cannot be used", () => {
  test("in use by another gateway", async () => {
    const program = `
      const { DatabaseSync } = require("@photostructure/sqlite");
      try { new DatabaseSync(process.argv[1]).exec("PRAGMA journal_mode"); } catch (error) { console.log(error.message); }`;
    const said = execFileSync(process.execPath, ["-e", program, join(directory, "berrymq.db")], { encoding: "utf8" });
    expect(said).toMatch(/locked/);
    const second = new SqliteEngine({ directory, synchronous: "normal", settledLeases: 1 }, log);
    await expect(second.open()).rejects.toThrow(StoreError);
    await expect(second.open()).rejects.toThrow(/in use by another gateway/);
  });

  test("of a newer release", async () => {
    await engine.close();
    const db = new DatabaseSync(join(directory, "berrymq.db"));
    db.exec("PRAGMA user_version = 99");
    db.close();
    await expect(open()).rejects.toThrow(/version 99.*use a newer release/);
  });
});

describe("a damaged file is set aside, and what can be read is kept", () => {
  const path = () => join(directory, "berrymq.db");
  const aside = () => readdirSync(directory).filter((name) => /\.damaged-.*Z$/.test(name));

  async function fill(count: number): Promise<void> {
    const body = (index: number) => Buffer.from(String(index).padStart(900, "0"));
    await engine.append(Array.from({ length: count }, (_, index) => ({ queue: "q", body: body(index) })));
    await engine.close();
  }

  test("scribbled over in the middle", async () => {
    await fill(2000);
    const file = openSync(path(), "r+");
    writeSync(file, Buffer.alloc(8192, 0xa5), 0, 8192, Math.floor(statSync(path()).size / 2 / 4096) * 4096);
    closeSync(file);
    await open();
    const { ready } = engine.stats("q", NOW);
    expect(ready).toBeGreaterThan(1900);
    expect(ready).toBeLessThan(2000);
    expect(aside()).toHaveLength(1);
    expect(logged).toContainEqual(
      expect.objectContaining({ kept: expect.objectContaining({ queues: 1, messages: ready }) }),
    );
    expect(Number(String((await claim(1))[0]!.body))).toBe(0);
    await put("goes on");
  });

  test("cut off", async () => {
    await fill(2000);
    truncateSync(path(), Math.floor(statSync(path()).size / 2 / 4096) * 4096);
    await open();
    expect(engine.stats("q", NOW).ready).toBeGreaterThan(500);
    expect(aside()).toHaveLength(1);
  });

  test("of which nothing can be read", async () => {
    await fill(10);
    const file = openSync(path(), "r+");
    writeSync(file, Buffer.alloc(100, 0x5a), 0, 100, 0);
    closeSync(file);
    await open();
    expect(kept.queues).toEqual([]);
    expect(aside()).toHaveLength(1);
    expect(logged).toContainEqual(expect.objectContaining({ setAside: expect.any(String) }));
  });

  test("sessions are kept, so that what is sent again is stored once", async () => {
    await engine.append([{ queue: "q", body: Buffer.from("1") }], { session: "s", sequence: 5 });
    await fill(2000);
    truncateSync(path(), Math.floor(statSync(path()).size / 2 / 4096) * 4096);
    await open();
    expect(kept.progress).toEqual([{ session: "s", sequence: 5 }]);
  });
});
