// The demo's programs: started, told what to do, and listened to, line by line, in colours.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { interpreters, root } from "../../test/support/programs.ts";

export const players = ["python", "ruby", "typescript"] as const;
export type Player = (typeof players)[number];

const colours: Record<Player | "demo", number> = { python: 33, ruby: 31, typescript: 36, demo: 32 };
const parts: Record<Player, string[]> = {
  python: [...interpreters.python, "examples/demo/program.py"],
  ruby: [...interpreters.ruby, "examples/demo/program.rb"],
  typescript: [...interpreters.ts, "examples/demo/program.ts"],
};

/** Prints a line with who says it in front; without colours when NO_COLOR is set or nobody watches. */
export function say(who: Player | "demo", line: string): void {
  const name = who.padEnd(10);
  const colourful = !process.env.NO_COLOR && process.stdout.isTTY;
  console.log(colourful ? `\x1b[${colours[who]}m${name}\x1b[0m ${line}` : `${name} ${line}`);
}

export class Actor {
  readonly player: Player;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #said: string[] = [];
  #heard: () => void = () => {};
  #stderr = "";

  constructor(player: Player, url: string) {
    this.player = player;
    const [command, ...parameters] = parts[player];
    this.#process = spawn(command!, [...parameters, url], { cwd: root, stdio: "pipe" });
    this.#process.stdin.on("error", () => {}); // told by what it did not say
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      say(player, line);
      this.#said.push(line);
      this.#heard();
    });
    this.#process.on("close", () => this.#heard());
  }

  /** Tells it to do something. */
  tell(word: string): void {
    this.#process.stdin.write(`${word}\n`);
  }

  /** Waits until it has said every one of these lines; throws with what is missing when time is over or it ended. */
  async expect(lines: string[], seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const missing = lines.filter((line) => !this.#said.includes(line));
      if (missing.length === 0) return;
      const left = deadline - performance.now();
      if (left <= 0 || this.#process.exitCode !== null) {
        throw new Error(`${this.player} did not say: ${missing.join("; ")}${this.#stderr && `\n${this.#stderr}`}`);
      }
      await new Promise<void>((next) => {
        this.#heard = next;
        setTimeout(next, left);
      });
    }
  }

  /** What it said that begins so. */
  said(beginning: string): string[] {
    return this.#said.filter((line) => line.startsWith(beginning));
  }

  /** Closes its stdin and waits for its end, at most 5 s. Returns its exit code. */
  async leave(): Promise<number | null> {
    this.#process.stdin.end();
    if (this.#process.exitCode === null) {
      const late = setTimeout(() => this.#process.kill("SIGKILL"), 5000);
      await new Promise((settle) => this.#process.once("exit", settle));
      clearTimeout(late);
    }
    return this.#process.exitCode;
  }
}
