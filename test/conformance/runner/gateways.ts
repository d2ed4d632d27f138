// The gateways of one lane, one for each engine, started when the first case needs it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gateway } from "../../support/gateway.ts";
import type { Engine } from "./matrix.ts";

export class Gateways {
  readonly #started = new Map<Engine, Promise<Gateway>>();
  readonly #folders: string[] = [];

  of(engine: Engine): Promise<Gateway> {
    const started = this.#started.get(engine) ?? this.#start(engine);
    this.#started.set(engine, started);
    return started;
  }

  async stop(): Promise<void> {
    for (const gateway of this.#started.values()) await (await gateway).stop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }

  #start(engine: Engine): Promise<Gateway> {
    if (engine === "memory") return Gateway.start();
    const data = mkdtempSync(join(tmpdir(), "berrymq-conformance-"));
    this.#folders.push(data);
    return Gateway.start({ data });
  }
}
