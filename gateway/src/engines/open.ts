// From an engine's name to the engine. A new engine is listed here and nowhere else.
import type { Config } from "../config.js";
import type { Engine } from "./engine.js";
import { MemoryEngine } from "./memory/engine.js";

export function openEngine({ engine, limits }: Config): Engine {
  switch (engine) {
    case "memory":
      return new MemoryEngine(limits);
  }
}
