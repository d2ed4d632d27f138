// The command, as a process: what it says, and how it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";

const program = new URL("../bin/berrymq.js", import.meta.url).pathname;
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

function start(...parameters: string[]) {
  const child = spawn(process.execPath, [program, ...parameters], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (said.stdout += chunk));
  child.stderr.on("data", (chunk) => (said.stderr += chunk));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
  return { child, said, ended };
}

const serve = (...parameters: string[]) => start("serve", "--engine", "memory", "--port", "0", ...parameters);

test("the line on stdout comes when it serves, and SIGTERM ends it with 0", async () => {
  const { child, ended } = serve();
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  const port = String(line).match(/^berryMQ listening on 127\.0\.0\.1:(\d+)\n$/)?.[1];
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  child.kill("SIGTERM");
  const { code, stdout } = await ended;
  expect([code, stdout]).toEqual([0, String(line)]);
});

test("--help names every option and every environment variable", async () => {
  const { code, stdout } = await start("serve", "--help").ended;
  expect(code).toBe(0);
  for (const name of ["host", "port", "engine", "data", "config"]) {
    expect(stdout).toContain(`--${name}`);
    expect(stdout).toContain(`BERRYMQ_${name.toUpperCase()}`);
  }
});

test.each([
  ["an option that there is not", ["--prot", "1"], "unknown option '--prot'"],
  ["a value that cannot be", ["--port", "70000"], "70000"],
  ["an engine that there is not", ["--engine", "oracle"], "oracle"],
  ["a host of other machines", ["--host", "0.0.0.0"], "0.0.0.0 is not this machine alone"],
  ["a file that there is not", ["--config", "/none.json"], "/none.json"],
])("%s is told in words, without a stack, and not served", async (_what, parameters, told) => {
  const { code, stdout, stderr } = await serve(...parameters).ended;
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(told);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("a port that is in use is told with the way out", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const { code, stdout, stderr } = await serve("--port", `${port}`).ended;
  other.close();
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`127.0.0.1:${port} is in use; choose another --port`);
  expect(stderr).not.toMatch(/^\s+at /m);
});
