// A publisher and a consumer of one rival, as processes, first one after the other, then at the same time.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { type RivalName, rivals } from "./rivals/all.ts";

/** Messages per second, every one acknowledged and none lost. */
export interface Rates {
  /** From the first publish to the last answer, while nobody consumes. */
  publish: number;
  /** From the consumer's beginning until the broker took note of the last acknowledgement, while nobody publishes. */
  consume: number;
  /** From the first publish to the last acknowledgement, both at the same time. */
  both: number;
}

/** A program that is not done by then is ended, and the benchmark fails. */
const RUN_SECONDS = 300;

/** @param url of a server with nothing in it */
export async function durableRates(name: RivalName, url: string, count: number): Promise<Rates> {
  const client = await rivals[name].open(url);
  await client.prepare();
  await client.close();
  const published = await publish(name, url, count);
  const consumed = await (await consumer(name, url, count)).told;
  const consuming = await consumer(name, url, count);
  const first = await publish(name, url, count);
  const last = await consuming.told;
  return {
    publish: rate(count, published.start, published.end),
    consume: rate(count, consumed.start, consumed.end),
    both: rate(count, first.start, last.end),
  };
}

interface Span {
  /** Nanoseconds of the machine's monotonic clock. */
  start: string;
  end: string;
}

interface Consumed extends Span {
  distinct: number;
  again: number;
  left: number;
}

function rate(count: number, start: string, end: string): number {
  return count / (Number(BigInt(end) - BigInt(start)) / 1e9);
}

export async function publish(name: RivalName, url: string, count: number): Promise<Span> {
  const { lines, ended } = run("durable-publish", name, url, count);
  const told = JSON.parse(await lines());
  await ended;
  return told;
}

/** Returns when it is ready to consume. */
async function consumer(name: RivalName, url: string, count: number): Promise<{ told: Promise<Consumed> }> {
  const { lines, ended } = run("durable-consume", name, url, count);
  await lines();
  const told = async () => {
    const consumed: Consumed = JSON.parse(await lines());
    await ended;
    if (consumed.distinct !== count || consumed.left !== 0) {
      throw new Error(`${name}: ${consumed.distinct} of ${count} messages came, ${consumed.left} are left`);
    }
    if (consumed.again > 0) process.stderr.write(`${name}: ${consumed.again} messages came more than once\n`);
    return consumed;
  };
  return { told: told() };
}

function run(program: string, name: RivalName, url: string, count: number) {
  const file = resolve(import.meta.dirname, "programs", `${program}.ts`);
  const child = spawn("node", ["--import", "tsx", file, name, url, `${count}`], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: import.meta.dirname,
    timeout: RUN_SECONDS * 1000,
    killSignal: "SIGKILL",
  });
  const each = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const lines = async (): Promise<string> => {
    const { done, value } = await each.next();
    if (done) throw new Error(`${program} of ${name} ended without a word, or took more than ${RUN_SECONDS} s`);
    return value;
  };
  return { lines, ended: end(child, `${program} of ${name}`) };
}

async function end(child: ChildProcess, what: string): Promise<void> {
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${what} ended with exit code ${code}`);
}
