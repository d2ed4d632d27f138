// The engine that keeps everything in one file keeps the contract.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openLog } from "../../telemetry/log.js";
import { judge } from "../engine.contract.js";
import type { Engine } from "../engine.js";
import { judgeNumbers } from "../engine-numbers.contract.js";
import { judgeTimes } from "../engine-times.contract.js";
import { SqliteEngine } from "./engine.js";

const home = mkdtempSync(join(tmpdir(), "berrymq-sqlite-"));
afterAll(() => rmSync(home, { recursive: true }));

async function open(): Promise<Engine> {
  const directory = mkdtempSync(join(home, "data-"));
  const engine = new SqliteEngine({ directory, synchronous: "normal", settledLeases: 1000 }, openLog("silent"));
  await engine.open();
  return engine;
}

judge("sqlite", open);
judgeTimes("sqlite", open);
judgeNumbers("sqlite", open);
