// Plays the conformance cases: `tsx test/conformance/runner/main.ts [--sdk "ruby http"] [--file queue] [--case text] [--transport grpc]`.
// Prints what failed, the gaps, the matrix, and last `N passed, N failed`.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Gateway } from "../../support/gateway.ts";
import { type ConformanceCase, readCases, type Transport } from "./case-file.ts";
import { KnownFailing } from "./known-failing.ts";
import { matrix, type Outcome } from "./matrix.ts";
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
const mostSilences = 10;
/** Plays at once: most of a play is waiting. The system's own messages reach every program of a gateway, so each has one of its own. */
const lanes = 3;

function chosenPlays(): { given: ConformanceCase; cast: Sdk[]; transport: Transport }[] {
  const chosenSdks = sdks.filter((sdk) => options.sdk === undefined || options.sdk.includes(sdk));
  return readCases(join(folder, "cases"))
    .filter(({ file, name }) => (options.file ?? file) === file && name.includes(options.case ?? ""))
    .flatMap((given) =>
      given.transports
        .filter((transport) => (options.transport ?? transport) === transport)
        .flatMap((transport) =>
          casts(given.roles.length, chosenSdks, transport !== "none").map((cast) => ({ given, cast, transport })),
        ),
    );
}

async function playAll(): Promise<Outcome[]> {
  const plays = chosenPlays();
  const known = new KnownFailing(join(folder, "known-failing.yaml"));
  const outcomes: Outcome[] = [];
  let silences = 0;
  /** Plays one after the other, with a gateway and drivers of its own, until none is left. */
  const lane = async () => {
    const needed = plays.some(({ transport }) => transport !== "none");
    const gateway = needed ? await Gateway.start().catch(noGateway) : undefined;
    const pool = new DriverPool();
    try {
      for (let next = plays.shift(); next !== undefined; next = plays.shift()) {
        const { given, cast, transport } = next;
        const why =
          silences < mostSilences ? await playOne(given, cast, transport, pool, gateway) : "given up, see above";
        if (why?.startsWith("no answer within")) silences++;
        const played = { file: given.file, name: given.name, cast, transport };
        const outcome = judged(played, why, known.reason(played));
        report(outcome);
        outcomes.push(outcome);
      }
    } finally {
      pool.close();
      await gateway?.stop();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

function noGateway(error: Error): undefined {
  console.log(`no gateway: ${error.message}`);
}

async function playOne(given: ConformanceCase, cast: Sdk[], transport: Transport, pool: DriverPool, gateway?: Gateway) {
  if (transport !== "none" && gateway === undefined) return "there is no gateway";
  try {
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

function report({ verdict, file, name, cast, transport, why }: Outcome): void {
  if (verdict === "passed") return;
  console.log(
    `${verdict === "known" ? "gap" : "FAILED"}  ${file}: ${name} [${cast.join(" → ")}, ${transport}]\n        ${why}`,
  );
}

const outcomes = await playAll();
const failed = outcomes.filter(({ verdict }) => verdict === "failed" || verdict === "closed").length;
const passed = outcomes.filter(({ verdict }) => verdict === "passed").length;
console.log(`\n${matrix(outcomes)}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
