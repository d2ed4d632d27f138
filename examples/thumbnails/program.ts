// A program of the shop: started, started again when it dies, and asked to end.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Milliseconds before a program that died is started again, so that one that cannot start does not keep the machine busy. */
const PAUSE = 300;
/** Milliseconds that it gets to end. */
const PATIENCE = 8000;

export class Program {
  /** Of those that it was, the newest. */
  private child: Child | undefined;
  private ending = false;

  /** @param command asked anew at each start */
  constructor(
    readonly name: string,
    private readonly command: () => readonly string[],
    private readonly environment: () => Readonly<Record<string, string>> = () => ({}),
  ) {}

  /** Starts it; resolves to the first line that it prints, by which it says that it is ready. */
  start(): Promise<string> {
    const [program, ...parameters] = this.command();
    // A process group of its own: Ctrl-C is for the shop, which then asks one after the other to end.
    const env = { ...process.env, ...this.environment() };
    const child = spawn(program!, parameters, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    child.stdin.on("error", () => {}); // it died: told by its exit
    createInterface({ input: child.stderr }).on("line", (line) => this.say(line));
    return new Promise((ready, failed) => {
      createInterface({ input: child.stdout }).once("line", (line) => {
        this.say(`runs as process ${child.pid}`);
        ready(line);
      });
      child.once("error", failed);
      child.once("exit", (code, signal) => {
        failed(new Error(`${this.name} ended before it was ready (${signal ?? code})`));
        if (!this.ending) this.again(signal ?? code);
      });
    });
  }

  /** Has it finish what is at hand: by the end of its stdin, or by a signal. Resolves when it has ended. */
  async stop(how: "stdin" | "SIGTERM" | "SIGKILL" = "stdin"): Promise<void> {
    const { child } = this;
    this.ending = true;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (how === "stdin") child.stdin.end();
    else this.signal(how);
    const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await ended;
    clearTimeout(late);
    this.say("ended");
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  private again(why: string | number | null): void {
    this.say(`died (${why}); starting it again`);
    setTimeout(() => this.ending || this.start().catch((error: Error) => this.say(error.message)), PAUSE);
  }

  private say(line: string): void {
    console.log(`${this.name.padEnd(8)} ${line}`);
  }
}
