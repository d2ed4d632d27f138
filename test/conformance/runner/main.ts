// Plays the conformance cases: `tsx test/conformance/runner/main.ts [--sdk "ruby http"] [--file queue] [--case text] [--transport grpc]`.
// Prints what failed, the gaps, the matrix, and last `N passed, N failed`.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ConformanceCase, readCases, type Transport } from "./case-file.ts";
import { Gateways } from "./gateways.ts";
import { KnownFailing } from "./known-failing.ts";
import { type Engine, engines, matrix, type Outcome } from "./matrix.ts";
import { play } from "./play.ts";
import { casts, DriverPool, type Sdk, sdks } from "./sdks.ts";

const { values: options } = parseArgs({
  options: {
    sdk: { type: "string", multiple: true },
    file: { type: "string" },
    case: { type: "string" },
    transport: { type: "string" },
  },
});
const folder = join(import.meta.dirname, "..");

/** A run that cannot succeed ends early: each driver that does not answer costs many seconds. */
const mostSilences = 6;
/** A few plays that fail are played once more, after the others. */
const mostAgain = 5;
/** Plays at once: most of a play is waiting. The system's own messages reach every program of a gateway, so each has one of its own. */
const lanes = 4;

interface Play {
  given: ConformanceCase;
  cast: Sdk[];
  transport: Transport;
  engine: Engine | undefined;
  again?: true;
}

/** Engines take turns, so that every case is played on each, by some of its casts. */
function chosenPlays(): Play[] {
  const chosenSdks = sdks.filter((sdk) => options.sdk === undefined || options.sdk.includes(sdk));
  return readCases(join(folder, "cases"))
    .filter(({ file, name }) => (options.file ?? file) === file && name.includes(options.case ?? ""))
    .flatMap((given, turn) =>
      given.transports
        .filter((transport) => (options.transport ?? transport) === transport)
        .flatMap((transport) =>
          casts(given.roles.length, chosenSdks, transport !== "none" && given.everyWire, turn).map((cast) => ({
            given,
            cast,
            transport,
          })),
        ),
    )
    .map((each, index) => ({ ...each, engine: engineFor(each, index) }));
}

/** Cases that restart a gateway of their own do so without a disk. */
function engineFor({ given, transport }: Omit<Play, "engine">, index: number): Engine | undefined {
  if (transport === "none") return undefined;
  return given.ownGateway ? "memory" : engines[index % engines.length];
}

async function playAll(): Promise<Outcome[]> {
  const plays = chosenPlays();
  const known = new KnownFailing(join(folder, "known-failing.yaml"));
  const outcomes: Outcome[] = [];
  let silences = 0;
  let again = 0;
  /** Plays one after the other, with gateways and drivers of its own, until none is left. */
  const lane = async () => {
    const gateways = new Gateways();
    const pool = new DriverPool();
    try {
      for (let next = plays.shift(); next !== undefined; next = plays.shift()) {
        const { given, cast, transport, engine } = next;
        const why = silences < mostSilences ? await playOne(next, pool, gateways) : "given up, see above";
        if (why?.startsWith("no answer within")) silences++;
        const played = { file: given.file, name: given.name, cast, transport, engine };
        const outcome = judged(played, why, known.reason(played));
        if (outcome.verdict === "failed" && next.again === undefined && again++ < mostAgain) {
          console.log(`tried again: ${describe(outcome)}: ${why}`);
          plays.push({ ...next, again: true });
          continue;
        }
        report(outcome);
        outcomes.push(outcome);
      }
    } finally {
      pool.close();
      await gateways.stop();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

async function playOne({ given, cast, transport, engine }: Play, pool: DriverPool, gateways: Gateways) {
  try {
    const gateway = engine === undefined ? undefined : await gateways.of(engine);
    return await play(given, { transport, cast, drivers: pool.driversFor(cast), gateway });
  } catch (error) {
    return (error as Error).message;
  }
}

function judged(
  played: Omit<Outcome, "verdict" | "why">,
  why: string | undefined,
  reason: string | undefined,
): Outcome {
  if (reason === undefined)
    return why === undefined ? { ...played, verdict: "passed" } : { ...played, verdict: "failed", why };
  return why === undefined
    ? { ...played, verdict: "closed", why: `it passes; take its line out of known-failing.yaml (${reason})` }
    : { ...played, verdict: "known", why: reason };
}

function report(outcome: Outcome): void {
  const { verdict, why } = outcome;
  if (verdict !== "passed")
    console.log(`${verdict === "known" ? "gap" : "FAILED"}  ${describe(outcome)}\n        ${why}`);
}

function describe({ file, name, cast, transport, engine }: Outcome): string {
  return `${file}: ${name} [${cast.join(" → ")}, ${transport}${engine === undefined ? "" : `, ${engine}`}]`;
}

const outcomes = await playAll();
const failed = outcomes.filter(({ verdict }) => verdict === "failed" || verdict === "closed").length;
const passed = outcomes.filter(({ verdict }) => verdict === "passed").length;
console.log(`\n${matrix(outcomes)}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
