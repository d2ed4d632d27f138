// `make bench`: SDK → gateway → SDK, in turns; medians and ratios. README.md beside this file says what is measured.
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { Gateway } from "../support/gateway.ts";
import { type Latency, latency, throughput } from "./pair.ts";
import { inTurns, median } from "./rounds.ts";

const languages = ["ts", "python", "ruby"] as const;
type Language = (typeof languages)[number];

/** Messages of one throughput run, about three seconds' worth of each. */
const counts: Record<Language, number> = { ts: 1_500_000, python: 600_000, ruby: 200_000 };

const gateway = await Gateway.start();
try {
  const rates = await inTurns(languages, (language) => throughput(language, gateway.url, counts[language]));
  const ages = await inTurns(languages, (language) => latency(language, gateway.url));
  print(rates, ages);
} finally {
  await gateway.stop();
}

function print(rates: Record<Language, number[]>, ages: Record<Language, Latency[]>): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  console.log(
    `\n${new Date().toISOString()}, commit ${commit}, ${cpus().length} × ${cpus()[0]?.model}, node ${process.version}\n`,
  );
  console.log(
    "| SDK → gateway → SDK | messages/s (median of 3) | all rounds | of TypeScript | p50 at 500/s | p99 at 500/s |",
  );
  console.log("|---|---|---|---|---|---|");
  const base = median(rates.ts);
  for (const language of languages) {
    const rate = median(rates[language]);
    const rounds = rates[language].map((each) => Math.round(each / 1000)).join("k, ");
    const p50 = median(ages[language].map((each) => each.p50)).toFixed(2);
    const p99 = median(ages[language].map((each) => each.p99)).toFixed(2);
    console.log(
      `| ${language} | ${Math.round(rate)} | ${rounds}k | ${(rate / base).toFixed(2)} | ${p50} ms | ${p99} ms |`,
    );
  }
}
