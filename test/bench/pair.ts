// A publisher and a follower in one language, as processes, and what they measured.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "../..");
const programs = resolve(import.meta.dirname, "programs");

const commands = {
  ts: (program: string) => ["node", "--import", "tsx", `${programs}/${program}.ts`],
  python: (program: string) => [`${root}/.venv/bin/python`, `${programs}/${program}.py`],
  ruby: (program: string) => [
    "ruby",
    `-I${root}/sdks/ruby/lib`,
    `-I${root}/sdks/ruby/gen`,
    `${programs}/${program}.rb`,
  ],
};

export type Language = keyof typeof commands;

/** In milliseconds. */
export interface Latency {
  p50: number;
  p99: number;
}

interface Told {
  received: number;
  complete: boolean;
  seconds: number;
  /** Nanoseconds from just before `publish` to the handler. */
  ages: number[];
}

/** Messages that a publisher may be ahead of its follower: enough to fill every buffer on the way, less than any of them drops. */
const WINDOW = 32_768;
const PROGRESS_EVERY = 4096;

/** Messages per second, all of which arrived. */
export async function throughput(language: Language, url: string, count: number): Promise<number> {
  const { seconds } = await run(language, url, count, 0);
  return count / seconds;
}

const RATE = 500;
const SECONDS = 5;
/** Messages at the start that are not counted: connections and compilers warm up. */
const WARM_UP = RATE;

export async function latency(language: Language, url: string): Promise<Latency> {
  const { ages } = await run(language, url, RATE * (SECONDS + 1), RATE);
  const sorted = ages.slice(WARM_UP).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]! / 1e6;
  return { p50: at(0.5), p99: at(0.99) };
}

async function run(language: Language, url: string, count: number, rate: number): Promise<Told> {
  const follower = start(language, "follow", [url, String(count), String(PROGRESS_EVERY)]);
  const lines = createInterface({ input: follower.stdout! })[Symbol.asyncIterator]();
  await lines.next();
  const publisher = start(language, "publish", [url, String(count), String(WINDOW), String(rate)]);
  const [line] = await Promise.all([lines.next(), once(publisher, "exit")]);
  const told: Told = JSON.parse(line.value);
  if (!told.complete) throw new Error(`${language}: ${told.received} of ${count} messages arrived`);
  if (follower.exitCode === null) await once(follower, "exit");
  return told;
}

function start(language: Language, program: string, args: string[]): ChildProcess {
  const [command, ...first] = commands[language](program);
  return spawn(command!, [...first, ...args], { stdio: ["ignore", "pipe", "inherit"], cwd: import.meta.dirname });
}
