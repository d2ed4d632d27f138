// The demo's programs, in three languages, and the coloured lines that say what each of them does.
import { Background } from "../../test/support/background.ts";
import { interpreters } from "../../test/support/programs.ts";

export const players = ["python", "ruby", "typescript"] as const;
export type Player = (typeof players)[number];

const colours: Record<Player | "demo", number> = { python: 33, ruby: 31, typescript: 36, demo: 32 };
const programs: Record<Player, string[]> = {
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
  readonly #program: Background;

  constructor(player: Player, url: string) {
    this.player = player;
    this.#program = new Background([...programs[player], url], {}, (line) => say(player, line));
  }

  /** Tells it to do something. */
  tell(word: string): void {
    this.#program.tell(word);
  }

  /** Waits until it has said every one of these lines; throws with the first that is missing. */
  async expect(lines: string[], seconds: number): Promise<void> {
    for (const line of lines) {
      await this.#program.prints(line, 1, seconds).catch((error: Error) => {
        throw new Error(`${this.player}: ${error.message}`);
      });
    }
  }

  /** What it said that begins so. */
  said(beginning: string): string[] {
    return this.#program.lines.filter((line) => line.startsWith(beginning));
  }

  /** Closes its stdin and waits for its end. True when it ended well. */
  async leave(): Promise<boolean> {
    return (await this.#program.leave()) === 0;
  }
}
