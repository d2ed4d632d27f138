// A gateway of this process for tests, on a free port, with the limits of the test.
import { readConfig } from "../src/config.js";
import type { Limits } from "../src/limits.js";
import { Gateway } from "../src/server.js";
import { openLog } from "../src/telemetry/log.js";

export class TestGateway {
  private constructor(
    readonly gateway: Gateway,
    readonly port: number,
  ) {}

  static async open(limits: Partial<Limits> = {}, settings: Record<string, unknown> = {}): Promise<TestGateway> {
    const config = readConfig({ port: 0, engine: "memory", limits, logLevel: "silent", ...settings }, undefined, {});
    const gateway = new Gateway(config, openLog("silent"));
    return new TestGateway(gateway, await gateway.open());
  }

  close(): Promise<void> {
    return this.gateway.close();
  }
}
