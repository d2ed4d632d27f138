// Numbers outlive the file's rows: the last message may be gone, and the process, too.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SECOND } from "../../model/clock.js";
import { options } from "../engine.contract.js";
import type { Kept } from "../engine.js";
import { SqliteEngine } from "./engine.js";

const NOW = 1_700_000_000_000_000;
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };

let directory: string;
let engine: SqliteEngine;
let kept: Kept;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berrymq-numbering-"));
  await open();
  await engine.putQueue(options("q"), false);
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

const put = (count = 1) => engine.append(Array.from({ length: count }, () => ({ queue: "q", body: Buffer.from("m") })));
const numbers = async () => (await engine.peek("q", 99, NOW)).map(({ number }) => number);
const ways = {
  settled: async () => {
    const claims = await engine.claim("q", 99, NOW, NOW + SECOND);
    await engine.settle(
      "q",
      claims.map(({ lease }) => ({ lease, kind: "forget" })),
      NOW,
    );
  },
  taken: () => engine.claim("q", 99, NOW),
  dropped: async () => engine.dropOldest("q", 99),
  purged: () => engine.purge("q"),
  "purged by number": () => engine.purge("q", [1, 2, 3]),
};

test.each(Object.keys(ways) as (keyof typeof ways)[])(
  "after everything was %s they go on, over a restart",
  async (way) => {
    await put(3);
    await ways[way]();
    await reopen();
    expect(engine.stats("q", NOW)).toMatchObject({ ready: 0, last: 3 });
    await put(2);
    await reopen();
    expect(await numbers()).toEqual([4, 5]);
  },
);

test("each turn's last message may be gone with the turn", async () => {
  for (let turn = 1; turn <= 3; turn++) {
    await put(2);
    await engine.claim("q", 99, NOW);
    await reopen();
    expect(engine.stats("q", NOW).last).toBe(2 * turn);
  }
});

test("a rollback does not lose the count that went with it", async () => {
  await put(2);
  const taken = engine.claim("q", 99, NOW);
  const failing = engine.append([{ queue: "q", body: undefined as unknown as Buffer }]);
  await Promise.allSettled([taken, failing]);
  await engine.claim("q", 99, NOW);
  const { last } = engine.stats("q", NOW);
  await reopen();
  expect(engine.stats("q", NOW).last).toBe(last);
});

test("a file of the first version goes on from its rows", async () => {
  await put(3);
  await engine.claim("q", 2, NOW);
  await engine.close();
  const db = new DatabaseSync(join(directory, "berrymq.db"));
  db.exec("ALTER TABLE queues DROP COLUMN next_place; PRAGMA user_version = 1");
  db.close();
  await open();
  await put();
  expect(await numbers()).toEqual([3, 4]);
});

test("a queue that pushes nothing stays so over a restart, beside its pause", async () => {
  await engine.putQueue(options("q"), false, true);
  await engine.putQueue(options("paused"), true);
  await reopen();
  expect(kept.queues.map(({ paused, pushingPaused }) => [paused, pushingPaused])).toEqual([
    [false, true],
    [true, false],
  ]);
});
