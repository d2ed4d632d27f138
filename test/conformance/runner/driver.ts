// One driver process: a JSON line in, a JSON line out, in order.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { until } from "../../support/until.ts";
import { decode, encode, type Value } from "./values.ts";

export type Answer = { ok: Value } | { error: { reason: string; retryable: boolean; message: string } };

/** How much longer than the command's own timeout an answer may take. */
const patienceMs = 25_000;

export class Driver {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: { settle: (answer: Answer) => void; fail: (error: Error) => void }[] = [];
  #log = "";
  #ended: Error | undefined;

  constructor(command: string[]) {
    const [program, ...parameters] = command;
    this.#process = spawn(program!, parameters, { stdio: "pipe" });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#log = (this.#log + text).slice(-2000);
    });
    this.#process.stdin.on("error", () => {}); // told by the process's end
    this.#process.on("error", (error) => this.#end(error));
    this.#process.on("close", (code) => this.#end(new Error(`the driver ended with ${code}; it said:\n${this.#log}`)));
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#answer(line));
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Sends one command. Rejects when the driver ends or does not answer in time; it is ended then. */
  call(command: { [key: string]: Value }): Promise<Answer> {
    if (this.#ended) return Promise.reject(this.#ended);
    const limit = patienceMs + 1000 * Number(command.timeout ?? 0);
    return new Promise((settle, fail) => {
      const late = setTimeout(() => {
        this.#end(
          new Error(`no answer within ${limit / 1000} s to ${encode(command).slice(0, 300)}; it said:\n${this.#log}`),
        );
      }, limit);
      this.#waiting.push({
        settle: (answer) => {
          clearTimeout(late);
          settle(answer);
        },
        fail: (error) => {
          clearTimeout(late);
          fail(error);
        },
      });
      this.#process.stdin.write(`${encode(command)}\n`);
    });
  }

  /** Halts the whole process, as a machine that is too busy would, until `thaw`. Resolves once it stands still. */
  async freeze(): Promise<void> {
    this.#process.kill("SIGSTOP");
    const state = () => readFileSync(`/proc/${this.#process.pid}/stat`, "utf8").split(") ")[1]?.[0];
    await until("the driver stands still", () => state() === "T");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  end(): void {
    this.#end(new Error("the driver was ended by the runner"));
  }

  #answer(line: string): void {
    try {
      this.#waiting.shift()!.settle(decode(line) as Answer);
    } catch (error) {
      this.#end(new Error(`the driver printed what is no answer: ${line.slice(0, 300)} (${(error as Error).message})`));
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#process.kill("SIGKILL");
    for (const { fail } of this.#waiting.splice(0)) fail(this.#ended);
  }
}
