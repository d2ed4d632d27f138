// A program that runs beside a test: listened to line by line, interrupted by its own pid.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { root } from "./programs.ts";

export class Background {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  #stderr = "";
  #heard: () => void = () => {};

  constructor(command: string[], environment: Record<string, string>) {
    const [program, ...parameters] = command;
    this.#process = spawn(program!, parameters, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      this.lines.push(line);
      this.#heard();
    });
    this.#process.on("close", () => this.#heard());
  }

  /** Waits until it has printed this line so many times. */
  async prints(line: string, times = 1): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (this.lines.filter((printed) => printed === line).length < times) {
      const left = deadline - performance.now();
      if (left <= 0 || this.#process.exitCode !== null) {
        throw new Error(`it did not print “${line}”, but:\n${this.lines.join("\n")}\n${this.#stderr}`);
      }
      await new Promise<void>((next) => {
        this.#heard = next;
        setTimeout(next, left);
      });
    }
  }

  /** Halts it, as a machine that is too busy would. Only `kill` ends it then. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Interrupts it, as Ctrl-C does, and waits for its end. Returns its exit code, or the signal that ended it. */
  async interrupt(): Promise<number | NodeJS.Signals | null> {
    return this.#end("SIGINT");
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill(signal);
      const late = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
    }
    return this.#process.exitCode ?? this.#process.signalCode;
  }
}
