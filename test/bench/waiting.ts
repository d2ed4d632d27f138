// What a million messages cost a gateway while they wait: bytes of its files, and of its memory, before and after a restart.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { publish } from "./durable-pair.ts";
import { rivals } from "./rivals/all.ts";
import type { Server } from "./rivals/rival.ts";

const MESSAGES = 1_000_000;

export interface Waiting {
  messages: number;
  fileBytes: number;
  /** Resident bytes of the gateway: with nothing in it, with all of it, and started anew over the file. */
  memory: { empty: number; full: number; restarted: number };
  restartSeconds: number;
}

export async function waiting(directory: string): Promise<Waiting> {
  const first = await rivals.berrymq.start(directory);
  const empty = residentBytes(first);
  await publish("berrymq", first.url, MESSAGES);
  const full = residentBytes(first);
  await first.stop();
  const fileBytes = sizeOf(directory);
  const before = performance.now();
  const second = await rivals.berrymq.start(directory);
  const restartSeconds = (performance.now() - before) / 1000;
  const restarted = residentBytes(second);
  await expectAll(second);
  await second.stop();
  return { messages: MESSAGES, fileBytes, memory: { empty, full, restarted }, restartSeconds };
}

async function expectAll({ url }: Server): Promise<void> {
  const client = await rivals.berrymq.open(url);
  const left = await client.left();
  await client.close();
  if (left !== MESSAGES) throw new Error(`${left} of ${MESSAGES} messages wait after a restart`);
}

function residentBytes({ pid }: Server): number {
  const kibibytes = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m)?.[1];
  return Number(kibibytes) * 1024;
}

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
