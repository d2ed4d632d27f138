// Room on the disk: what happens when there is none, and that the space of settled messages is given back.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SECOND } from "../../model/clock.js";
import { DEFAULTS, type QueueOptions } from "../../model/queue-options.js";
import { openLog } from "../../telemetry/log.js";
import type { Claim } from "../engine.js";
import { SqliteEngine } from "./engine.js";

const NOW = 1_700_000_000_000_000;
const LEASE = NOW + 3600 * SECOND;
const MIB = 1024 * 1024;
const options: QueueOptions = { ...DEFAULTS, name: "q", patterns: [], owner: "", dropOldest: false };
const forget = ({ lease }: Claim) => ({ lease, kind: "forget" }) as const;

let engine: SqliteEngine;

async function open(directory: string, reserve: number): Promise<void> {
  const settings = { directory, synchronous: "normal", settledLeases: 1000, reserve } as const;
  engine = new SqliteEngine(settings, openLog("silent"));
  await engine.open();
  await engine.putQueue(options, false);
}

const append = (count: number, bytes: number) =>
  engine.append(Array.from({ length: count }, () => ({ queue: "q", body: Buffer.alloc(bytes, 7) })));

async function settleAll(): Promise<number> {
  for (let settled = 0; ; ) {
    const claims = await engine.claim("q", 500, NOW, LEASE);
    if (claims.length === 0) return settled;
    await engine.settle("q", claims.map(forget), NOW);
    settled += claims.length;
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !holds(); ) {
    if (performance.now() > end) throw new Error("it did not come about within 10 s");
    await new Promise((next) => setTimeout(next, 10));
  }
}

const mount = mkdtempSync(join(tmpdir(), "berrymq-small-disk-"));
const mounted = mountSmallDisk();
if (!mounted) console.warn("skipped: tests on a full disk need the right to mount a tmpfs");

function mountSmallDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", mount], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

afterAll(() => {
  // Lazily: what the binding still holds of a closed file goes when it is collected.
  if (mounted) execFileSync("umount", ["--lazy", mount]);
  rmSync(mount, { recursive: true });
});

describe.skipIf(!mounted)("on a disk that is full", () => {
  const other = join(mount, "other");
  const free = () => {
    const { bavail, bsize } = statfsSync(mount);
    return bavail * bsize;
  };
  const fill = () => writeFileSync(other, Buffer.alloc(free()));

  beforeAll(() => open(join(mount, "data"), 8 * MIB));
  afterAll(() => engine.close());

  test("an append that does not fit is refused whole, on disk and in memory", async () => {
    await append(1000, 4096);
    fill();
    const before = engine.stats("q", NOW);
    await expect(append(2000, 4096)).rejects.toMatchObject({ reason: "STORAGE_FAILED" });
    expect(engine.stats("q", NOW)).toEqual(before);
  });

  test("it says that it is full, before anybody hears what cannot be kept", () => {
    expect(engine.full).toBe(true);
  });

  test("what it holds is read and settled all the same, down to the last message", async () => {
    expect(await engine.peek("q", 9, NOW)).toHaveLength(9);
    const [returned] = await engine.claim("q", 1, NOW, LEASE);
    const verdict = { lease: returned!.lease, kind: "return", at: 0, counted: true } as const;
    expect(await engine.settle("q", [verdict], NOW)).toEqual(["done"]);
    for (let count = 0; count < 600; count++) {
      const claims = await engine.claim("q", 1, NOW, LEASE);
      expect(await engine.settle("q", claims.map(forget), NOW)).toEqual(["done"]);
    }
    expect(await settleAll()).toBe(400);
    expect(engine.full).toBe(true);
  });

  test("it takes messages again as soon as there is room, without a restart", async () => {
    rmSync(other);
    expect(engine.full).toBe(false);
    await append(100, 4096);
    expect(engine.stats("q", NOW).ready).toBe(100);
  });

  test("what was acknowledged meanwhile stays so, and what was refused is not there", async () => {
    await engine.close();
    await open(join(mount, "data"), 8 * MIB);
    expect(engine.stats("q", NOW)).toMatchObject({ ready: 100 });
  });

  test("a gateway that starts on a full disk hands out what it holds, and refuses the rest", async () => {
    await engine.close();
    fill();
    await open(join(mount, "data"), 8 * MIB);
    await expect(append(2000, 4096)).rejects.toMatchObject({ reason: "STORAGE_FAILED" });
    expect(engine.full).toBe(true);
    expect(await engine.peek("q", 9, NOW)).toHaveLength(9);
    rmSync(other);
    expect(engine.full).toBe(false);
  });
});

describe("the space of settled messages", () => {
  let directory: string;
  const size = () => statSync(join(directory, "berrymq.db")).size;
  const all = () => size() + statSync(join(directory, "berrymq.db-wal")).size;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "berrymq-space-"));
    await open(directory, 4096);
  });
  afterEach(async () => {
    await engine.close();
    rmSync(directory, { recursive: true });
  });

  test("is given back to the disk", async () => {
    for (let piece = 0; piece < 20; piece++) await append(500, 4000);
    await until(() => all() > 40 * MIB);
    expect(await settleAll()).toBe(10_000);
    await until(() => size() < 6 * MIB);
    await append(1, 10);
  });

  test("does not add up under steady load", async () => {
    for (let round = 0; round < 100; round++) {
      await append(100, 4000);
      expect(await settleAll()).toBe(100);
    }
    expect(all()).toBeLessThan(12 * MIB);
  });
});
