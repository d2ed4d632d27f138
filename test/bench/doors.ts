// The third part of `make bench`: requests per second through the HTTP doors, beside a small express application on Redis, in turns.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { Gateway } from "../support/gateway.ts";
import { inDirectory } from "./directory.ts";
import { serve, versionOf } from "./rivals/process.ts";
import { inTurns, median } from "./rounds.ts";

interface Server {
  readonly url: string;
  stop(): Promise<unknown>;
}

const works = { queue: "POST /q/x and GET /q/x", publish: "JSON-RPC publish" } as const;
type Work = keyof typeof works;

const contestants: Record<string, (directory: string) => Promise<Server>> = {
  "berryMQ, sqlite, synchronous full": (data) => Gateway.start({ data }),
  "berryMQ, memory": () => Gateway.start(),
};
if (versionOf("redis-server") === undefined)
  console.log("express on Redis is left out: there is no redis-server (scripts/setup-bench)");
else {
  contestants["express on Redis, appendfsync always"] = (directory) => expressOnRedis(directory, "always");
  contestants["express on Redis, appendfsync everysec"] = (directory) => expressOnRedis(directory, "everysec");
}

const names = Object.keys(contestants);
const rates = await inTurns(names, (name) => inDirectory((directory) => measure(name, directory)));
print(rates);

async function measure(name: string, directory: string): Promise<Record<Work, number>> {
  const server = await contestants[name]!(directory);
  try {
    return { queue: await load("queue", server.url), publish: await load("publish", server.url) };
  } finally {
    await server.stop();
  }
}

async function load(work: Work, url: string): Promise<number> {
  const child = program("load.ts", [work, url]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the load "${work}" ended with exit code ${code}`);
  return Number(text);
}

async function expressOnRedis(directory: string, appendfsync: string): Promise<Server> {
  const settings = { bind: "127.0.0.1", dir: directory, appendonly: "yes", appendfsync, save: "" };
  const redis = await serve("redis-server", (port) =>
    Object.entries({ port, ...settings }).flatMap(([name, value]) => [`--${name}`, `${value}`]),
  );
  const app = await serve("node", (port) => [
    ...["--import", "tsx", resolve(import.meta.dirname, "doors", "express-redis.ts")],
    ...[redis.url.split(":")[1]!, `${port}`],
  ]);
  const stop = async () => {
    await app.stop();
    await redis.stop();
  };
  return { url: app.url, stop };
}

function program(file: string, parameters: string[]) {
  const path = resolve(import.meta.dirname, "doors", file);
  return spawn("node", ["--import", "tsx", path, ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 60_000,
  });
}

function print(rates: Record<string, Record<Work, number>[]>): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  console.log(
    `\n${new Date().toISOString()}, commit ${commit}, ${cpus().length} × ${cpus()[0]?.model}, node ${process.version}\n`,
  );
  for (const [work, title] of Object.entries(works) as [Work, string][]) {
    console.log(`| ${title} | requests/s (median of 3) | all rounds | of berryMQ, sqlite |\n|---|---|---|---|`);
    const base = median(rates[names[0]!]!.map((each) => each[work]));
    for (const name of names) {
      const each = rates[name]!.map((round) => round[work]);
      const rounds = each.map((rate) => Math.round(rate)).join(", ");
      console.log(`| ${name} | ${Math.round(median(each))} | ${rounds} | ${(median(each) / base).toFixed(2)} |`);
    }
    console.log();
  }
}
