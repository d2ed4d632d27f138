// From an engine's name to the engine. A new engine is listed here and nowhere else.
import type { Config } from "../config.js";
import type { Log } from "../telemetry/log.js";
import type { Engine } from "./engine.js";
import { MemoryEngine } from "./memory/engine.js";
import { SqliteEngine } from "./sqlite/engine.js";
import { TieredEngine } from "./tiered.js";

export function openEngine({ engine, limits, data: directory, synchronous }: Config, log: Log): Engine {
  switch (engine) {
    case "sqlite": {
      const { settledLeases } = limits;
      return new TieredEngine(
        new SqliteEngine({ directory, synchronous, settledLeases }, log),
        new MemoryEngine(limits),
      );
    }
    case "memory":
      return new MemoryEngine(limits);
  }
}
