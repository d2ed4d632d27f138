// A program that runs beside a test or the demo: told what to do on stdin, listened to line by line, ended by its own pid.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { root } from "./programs.ts";

export class Background {
  readonly lines: string[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  #stderr = "";
  #heard: () => void = () => {};

  /** `onLine` hears every line that the program prints, as it comes. */
  constructor(command: string[], environment: Record<string, string>, onLine: (line: string) => void = () => {}) {
    const [program, ...parameters] = command;
    const env = { ...process.env, ...environment };
    this.#process = spawn(program!, parameters, { cwd: root, env, stdio: "pipe" });
    this.#process.stdin.on("error", () => {}); // told by what it does not print
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      onLine(line);
      this.lines.push(line);
      this.#heard();
    });
    this.#process.on("close", () => this.#heard());
  }

  /** Writes a line to its stdin. */
  tell(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Waits until it has printed this line so many times; throws with what it did print when it ended or time is over. */
  async prints(line: string, times = 1, seconds = 15): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (this.lines.filter((printed) => printed === line).length < times) {
      const left = deadline - performance.now();
      if (left <= 0 || this.#ended) {
        throw new Error(`it did not print “${line}”, but:\n${this.lines.join("\n")}\n${this.#stderr}`);
      }
      await this.#nextLine(left);
    }
  }

  /** Halts it, as a machine that is too busy would. Only `kill` ends it then. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Closes its stdin and waits for its end. Returns its exit code, or the signal that ended it. */
  async leave(): Promise<number | NodeJS.Signals | null> {
    return this.#end(() => this.#process.stdin.end());
  }

  /** Interrupts it, as Ctrl-C does, and waits for its end. Returns its exit code, or the signal that ended it. */
  async interrupt(): Promise<number | NodeJS.Signals | null> {
    return this.#end(() => this.#process.kill("SIGINT"));
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#end(() => this.#process.kill("SIGKILL"));
  }

  get #ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #nextLine(withinMs: number): Promise<void> {
    return new Promise((settle) => {
      const late = setTimeout(settle, withinMs);
      this.#heard = () => {
        clearTimeout(late);
        settle();
      };
    });
  }

  async #end(ask: () => void): Promise<number | NodeJS.Signals | null> {
    if (!this.#ended) {
      const exit = once(this.#process, "exit");
      ask();
      const late = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
      await exit;
      clearTimeout(late);
    }
    return this.#process.exitCode ?? this.#process.signalCode;
  }
}
