// The server process of a rival: on a free port, ready when it takes connections, ended by its own pid.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { root } from "../../support/programs.ts";
import { until } from "../../support/until.ts";
import type { Server } from "./rival.ts";

/** Where scripts/setup-bench puts what it builds. */
export const tools = join(root, ".tools");

/** The first line that a program says of its version; undefined when it is not there. */
export function versionOf(command: string): string | undefined {
  try {
    return execFileSync(command, ["--version"], { encoding: "utf8" }).trim().split("\n")[0];
  } catch {
    return undefined;
  }
}

export function packageVersion(name: string): string {
  const file = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  return `${name} ${JSON.parse(file).version}`;
}

/** @param parameters what the server is started with, given its port */
export async function serve(command: string, parameters: (port: number) => string[]): Promise<Server> {
  const port = await freePort();
  const child = spawn(command, parameters(port), { stdio: "ignore" });
  const ended = once(child, "exit");
  const running = () => child.exitCode === null && child.signalCode === null;
  await until(`${command} takes connections`, async () => {
    if (!running()) throw new Error(`${command} ended with exit code ${child.exitCode} before it took connections`);
    return takesConnections(port);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(late);
  };
  return { url: `127.0.0.1:${port}`, pid: child.pid!, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
