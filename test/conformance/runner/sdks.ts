// Which SDKs there are, over which wires, how their drivers start, and the drivers kept alive between cases.
import { existsSync } from "node:fs";
import { Driver } from "./driver.ts";

const commands = {
  python: [".venv/bin/python", "sdks/python/conformance_driver.py"],
  ruby: ["ruby", "-Isdks/ruby/lib", "-Isdks/ruby/gen", "sdks/ruby/conformance_driver.rb"],
  ts: [process.execPath, "sdks/ts/dist/conformance-driver.js"],
} satisfies Record<string, string[]>;

type Language = keyof typeof commands;

interface Player {
  readonly language: Language;
  /** What it puts before the gateway's `host:port`. */
  readonly scheme: string;
  /** Whom it meets in cases of two roles: as the second, and as the first. Absent = it speaks gRPC, and meets all who do. */
  readonly beside?: readonly [first: string, second: string];
}

/** An SDK over one of its wires. */
const players = {
  python: { language: "python", scheme: "" },
  ruby: { language: "ruby", scheme: "" },
  ts: { language: "ts", scheme: "" },
  "python http": { language: "python", scheme: "http://", beside: ["ts ws", "ruby"] },
  "python ws": { language: "python", scheme: "ws://", beside: ["ruby http", "ts"] },
  "ruby http": { language: "ruby", scheme: "http://", beside: ["ruby http", "python"] },
  "ts http": { language: "ts", scheme: "http://", beside: ["python http", "ruby"] },
  "ts ws": { language: "ts", scheme: "ws://", beside: ["ts http", "python"] },
} as const satisfies Record<string, Player>;

export type Sdk = keyof typeof players;
export const sdks = Object.keys(players) as Sdk[];

/** The gateway's address as that SDK is given it. */
export function addressFor(sdk: Sdk, hostAndPort: string): string {
  return `${players[sdk].scheme}${hostAndPort}`;
}

/**
 * The SDKs that play the roles of a case: one alone, every ordered pair, or every language once in turn. One that speaks another wire than gRPC
 * plays the first role beside one of them or, in every other case, the second beside another, and takes its language's first part of three.
 *
 * @param connected whether there is a gateway; without one wires make no difference
 * @param turn the number of the case
 */
export function casts(roles: number, chosen: readonly Sdk[], connected: boolean, turn: number): Sdk[][] {
  const first = chosen.filter((sdk) => beside(sdk) === undefined);
  const others = connected ? chosen.filter((sdk) => beside(sdk) !== undefined) : [];
  if (roles === 1) return [...first, ...others].map((sdk) => [sdk]);
  if (roles === 2)
    return [
      ...first.flatMap((one) => first.map((other) => [one, other])),
      ...others.map((sdk, place) => pair(sdk, turn + place)),
    ];
  return [
    ...inTurn(first),
    ...others.flatMap((sdk) =>
      inTurn(first)
        .slice(0, 1)
        .map((cast) => standIn(cast, sdk)),
    ),
  ].filter((cast) => cast.length === roles);
}

function beside(sdk: Sdk): Player["beside"] {
  const player: Player = players[sdk];
  return player.beside;
}

function pair(sdk: Sdk, turn: number): Sdk[] {
  const [other, another] = beside(sdk)! as [Sdk, Sdk];
  return turn % 2 === 0 ? [sdk, other] : [another, sdk];
}

function inTurn(chosen: readonly Sdk[]): Sdk[][] {
  return chosen.map((_, turn) => chosen.map((_, i) => chosen[(turn + i) % chosen.length]!));
}

function standIn(cast: Sdk[], sdk: Sdk): Sdk[] {
  return cast.map((each) => (each === players[sdk].language ? sdk : each));
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
    const command = commands[players[sdk].language];
    const program = command.at(-1)!;
    if (!existsSync(program)) throw new Error(`the ${sdk} SDK has no driver: ${program} is missing`);
    const driver = new Driver(command);
    this.#drivers.set(key, driver);
    return driver;
  }
}
