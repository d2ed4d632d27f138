// The second half of `make bench`: durable queues with explicit acknowledgements, of berryMQ and its rivals, in turns. README.md beside this file says what is measured.
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { inDirectory } from "./directory.ts";
import { durableRates, type Rates } from "./durable-pair.ts";
import { type RivalName, rivalNames, rivals } from "./rivals/all.ts";
import { inTurns, median } from "./rounds.ts";
import { type Waiting, waiting } from "./waiting.ts";

/** Messages of one run. */
const MESSAGES = 200_000;

const present = rivalNames.filter(isHere);
const rates = await inTurns(present, (name) =>
  inDirectory(async (directory) => {
    const server = await rivals[name].start(directory);
    try {
      return await durableRates(name, server.url, MESSAGES);
    } finally {
      await server.stop();
    }
  }),
);
printRates(rates);
process.stderr.write("a million waiting messages\n");
printWaiting(await inDirectory(waiting));

function isHere(name: RivalName): boolean {
  const here = rivals[name].version() !== undefined;
  if (!here) console.log(`${rivals[name].title}: left out, its server is not on this machine (scripts/setup-bench)`);
  return here;
}

function printRates(rates: Record<RivalName, Rates[]>): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} × ${cpus()[0]?.model}, node ${process.version}`;
  console.log(`\n${new Date().toISOString()}, commit ${commit}, ${machine}; ${MESSAGES} messages a run\n`);
  console.log(
    "| durable, explicit acknowledgements | publish | consume + ack | both at once | all rounds | of berryMQ |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const name of present) {
    const [publish, consume, both] = (["publish", "consume", "both"] as const).map((what) =>
      median(rates[name].map((each) => each[what])),
    );
    const rounds = rates[name].map((each) => `${Math.round(each.both / 1000)}k`).join(", ");
    const share = both! / median(rates.berrymq.map((each) => each.both));
    const figures = [publish, consume, both].map((each) => Math.round(each!)).join(" | ");
    console.log(`| ${rivals[name].title} | ${figures} | ${rounds} | ${share.toFixed(2)} |`);
  }
  console.log(`\n${[...new Set(present.map((name) => rivals[name].version()))].join("; ")}`);
}

function printWaiting({ messages, fileBytes, memory, restartSeconds }: Waiting): void {
  const mib = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MiB`;
  console.log(`\n| ${messages} messages of 128 bytes wait (sqlite) | |\n|---|---|`);
  console.log(`| file | ${mib(fileBytes)}, ${Math.round(fileBytes / messages)} bytes a message |`);
  console.log(`| memory of the gateway, empty | ${mib(memory.empty)} |`);
  console.log(`| just after the last was published | ${mib(memory.full)} |`);
  console.log(`| started anew over the file, in ${restartSeconds.toFixed(2)} s | ${mib(memory.restarted)} |`);
}
