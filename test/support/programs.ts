// How a program of each language is started from this checkout: the command in front of the program's path.
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export type Language = "python" | "ruby" | "ts" | "sh";

export const interpreters: Record<Language, string[]> = {
  python: [join(root, ".venv/bin/python")],
  ruby: ["ruby", `-I${join(root, "sdks/ruby/lib")}`, `-I${join(root, "sdks/ruby/gen")}`],
  ts: [join(root, "node_modules/.bin/tsx")],
  sh: ["bash", "-euo", "pipefail"],
};

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, for at most so many seconds. Never rejects. */
export function run(
  command: string[],
  options: { seconds?: number; environment?: Record<string, string>; cwd?: string } = {},
): Promise<Ran> {
  const [program, ...parameters] = command;
  const timeout = (options.seconds ?? 30) * 1000;
  const env = { ...process.env, NO_COLOR: "1", ...options.environment };
  return new Promise((settle) => {
    execFile(
      program!,
      parameters,
      { cwd: options.cwd ?? root, env, timeout, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        const late = error?.killed ? `\nended after ${timeout / 1000} s` : "";
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        settle({ exitCode, stdout, stderr: stderr + late });
      },
    );
  });
}
