// Which SDKs there are, how their drivers start, and the drivers kept alive between cases.
import { existsSync } from "node:fs";
import { Driver } from "./driver.ts";

export const sdks = ["python", "ruby", "ts"] as const;
export type Sdk = (typeof sdks)[number];

const commands: Record<Sdk, string[]> = {
  python: [".venv/bin/python", "sdks/python/conformance_driver.py"],
  ruby: ["ruby", "-Isdks/ruby/lib", "-Isdks/ruby/gen", "sdks/ruby/conformance_driver.rb"],
  ts: [process.execPath, "sdks/ts/dist/conformance-driver.js"],
};

/** The SDKs that play the roles of a case: one alone, every ordered pair, or every language once in turn. */
export function casts(roles: number, chosen: readonly Sdk[]): Sdk[][] {
  if (roles === 1) return chosen.map((sdk) => [sdk]);
  if (roles === 2) return chosen.flatMap((first) => chosen.map((second) => [first, second]));
  return chosen
    .map((_, turn) => chosen.map((_, i) => chosen[(turn + i) % chosen.length]!))
    .filter((cast) => cast.length === roles);
}

export class DriverPool {
  readonly #drivers = new Map<string, Driver>();

  /** A driver for each role; the same SDK twice gets two processes. */
  driversFor(cast: Sdk[]): Driver[] {
    return cast.map((sdk, role) => this.#driver(sdk, cast.slice(0, role).filter((other) => other === sdk).length));
  }

  close(): void {
    for (const driver of this.#drivers.values()) driver.end();
  }

  #driver(sdk: Sdk, copy: number): Driver {
    const key = `${sdk} ${copy}`;
    const running = this.#drivers.get(key);
    if (running?.alive) return running;
    const command = commands[sdk];
    const program = command.at(-1)!;
    if (!existsSync(program)) throw new Error(`the ${sdk} SDK has no driver: ${program} is missing`);
    const driver = new Driver(command);
    this.#drivers.set(key, driver);
    return driver;
  }
}
