// A real gateway process on a free port of this machine.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../../test/support/free-port.js";

const program = fileURLToPath(new URL("../../../../gateway/bin/berrymq.js", import.meta.url));

/** What a gateway that was told to end may take, before it is killed. */
const STOP_SECONDS = 4;

export class Gateway implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  get url(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** @param folder where a gateway that forgets nothing keeps its messages; absent = in memory */
  static async start(port?: number, folder?: string): Promise<Gateway> {
    const engine = folder === undefined ? ["--engine", "memory"] : ["--engine", "sqlite", "--data", folder];
    const args = [program, "serve", "--port", String(port ?? (await freePort())), ...engine];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    for await (const chunk of child.stdout!) {
      text += chunk;
      const ready = /listening on 127\.0\.0\.1:(\d+)/.exec(text);
      if (ready) return new Gateway(child, Number(ready[1]));
    }
    throw new Error(`the gateway ended before it was ready: ${text}`);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    const late = setTimeout(() => this.child.kill("SIGKILL"), STOP_SECONDS * 1000);
    this.child.kill(signal);
    await gone;
    clearTimeout(late);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}
