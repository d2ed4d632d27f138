// A real gateway process for tests, examples and the demo: started on a free port, ended by its own pid.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./free-port.ts";

const program = resolve(import.meta.dirname, "../../gateway/bin/berrymq.js");
const readyWithinMs = 40_000;
/** A drain takes at most 5 s (`drainSeconds`), and the machine may be busy. */
const endWithinMs = 9_000;

export class Gateway {
  /** `127.0.0.1:PORT` */
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #log: () => string;

  private constructor(child: ChildProcess, url: string, log: () => string) {
    this.#process = child;
    this.url = url;
    this.#log = log;
  }

  /** Starts a gateway and waits for its word that it listens. Without `port` it takes a free one; without `data` it keeps all in memory. */
  static async start(options: { port?: number; command?: string[]; data?: string } = {}): Promise<Gateway> {
    const [command, ...first] = options.command ?? [process.execPath, program];
    const engine = options.data === undefined ? ["--engine", "memory"] : ["--engine", "sqlite", "--data", options.data];
    const child = spawn(
      command!,
      [...first, "serve", "--host", "127.0.0.1", "--port", `${options.port ?? (await freePort())}`, ...engine],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-4000);
    });
    const address = await listeningAddress(child, () => log);
    return new Gateway(child, address, () => log);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get port(): number {
    return Number(this.url.split(":").at(-1));
  }

  /** Asks it to drain (SIGTERM) and waits for its end. Returns its exit code; throws with its log when it does not end. */
  async stop(): Promise<number | null> {
    const inTime = await this.#end("SIGTERM");
    if (!inTime)
      throw new Error(`the gateway did not end within ${endWithinMs / 1000} s of SIGTERM; it said:\n${this.#log()}`);
    return this.#process.exitCode;
  }

  /** Ends it at once, without a word (SIGKILL). */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** False when it had to be killed because it did not end in time. */
  async #end(signal: NodeJS.Signals): Promise<boolean> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return true;
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    let inTime = true;
    const late = setTimeout(() => {
      inTime = false;
      this.#process.kill("SIGKILL");
    }, endWithinMs);
    await ended;
    clearTimeout(late);
    return inTime;
  }
}

async function listeningAddress(child: ChildProcess, log: () => string): Promise<string> {
  const late = setTimeout(() => child.kill("SIGKILL"), readyWithinMs);
  try {
    for await (const line of createInterface({ input: child.stdout! })) {
      const address = line.match(/^berryMQ listening on (.+)$/)?.[1];
      if (address !== undefined) {
        child.stdout!.resume();
        return address;
      }
    }
  } finally {
    clearTimeout(late);
  }
  if (child.exitCode === null) await once(child, "close"); // what it said is whole then
  throw new Error(`the gateway did not say within ${readyWithinMs / 1000} s that it listens; it said:\n${log()}`);
}
