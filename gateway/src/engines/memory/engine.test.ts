// The engine that keeps everything in memory keeps the contract.
import { defaultLimits } from "../../limits.js";
import { judge } from "../engine.contract.js";
import type { Engine } from "../engine.js";
import { judgeNumbers } from "../engine-numbers.contract.js";
import { judgeTimes } from "../engine-times.contract.js";
import { MemoryEngine } from "./engine.js";

async function open(): Promise<Engine> {
  const engine = new MemoryEngine(defaultLimits);
  await engine.open();
  return engine;
}

judge("memory", open);
judgeTimes("memory", open);
judgeNumbers("memory", open);
