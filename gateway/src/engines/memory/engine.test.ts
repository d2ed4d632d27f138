// The engine that keeps everything in memory keeps the contract.
import { defaultLimits } from "../../limits.js";
import { judge } from "../engine.contract.js";
import { MemoryEngine } from "./engine.js";

judge("memory", async () => {
  const engine = new MemoryEngine(defaultLimits);
  await engine.open();
  return engine;
});
