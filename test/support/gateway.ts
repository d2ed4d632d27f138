// A real gateway process for tests, examples and the demo: started on a free port, ended by its own pid.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const program = resolve(import.meta.dirname, "../../gateway/bin/berrymq.js");
const readyWithinMs = 15_000;

export class Gateway {
  /** `127.0.0.1:PORT` */
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#process = child;
    this.url = url;
  }

  /** Starts a gateway and waits for its word that it listens. `port` 0 takes a free one; without `data` it keeps all in memory. */
  static async start(options: { port?: number; command?: string[]; data?: string } = {}): Promise<Gateway> {
    const [command, ...first] = options.command ?? [process.execPath, program];
    const engine = options.data === undefined ? ["--engine", "memory"] : ["--engine", "sqlite", "--data", options.data];
    const child = spawn(
      command!,
      [...first, "serve", "--host", "127.0.0.1", "--port", `${options.port ?? 0}`, ...engine],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-4000);
    });
    const address = await listeningAddress(child, () => log);
    return new Gateway(child, address);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get port(): number {
    return Number(this.url.split(":").at(-1));
  }

  /** Asks it to drain (SIGTERM) and waits for its end. Returns its exit code. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** Ends it at once, without a word (SIGKILL). */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return this.#process.exitCode;
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(late);
    return this.#process.exitCode;
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
  throw new Error(`the gateway did not say within ${readyWithinMs / 1000} s that it listens; it said:\n${log()}`);
}
