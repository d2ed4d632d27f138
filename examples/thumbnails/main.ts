// `make thumbnails`: opens the shop and keeps it open until Ctrl-C, then closes it in order.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Program } from "./program.ts";
import { PageServer } from "./server.ts";

const root = resolve(import.meta.dirname, "../..");
const file = (path: string) => join(root, path);
const folder = mkdtempSync(join(tmpdir(), "thumbnail-shop-"));

/** The gateway's. The first one takes a free port; started again, it takes the same. */
let address = "127.0.0.1:0";
const pages = await PageServer.open(() => `ws://${address}`);

const gateway = new Program("gateway", () => {
  const port = address.split(":")[1]!;
  const serve = [file("gateway/bin/berrymq.js"), "serve", "--port", port, "--log-level", "warn"];
  return [process.execPath, ...serve, "--data", folder, "--origins", pages.origin];
});
const environment = () => ({ BERRYMQ_URL: address });
const ruby = ["ruby", `-I${file("sdks/ruby/lib")}`, `-I${file("sdks/ruby/gen")}`];
const log = new Program("log", () => [...ruby, file("examples/thumbnails/log.rb"), folder], environment);
const workers = ["worker 1", "worker 2"].map(
  (name) => new Program(name, () => [file(".venv/bin/python"), file("examples/thumbnails/worker.py")], environment),
);

/** Whoever makes work goes first, whoever keeps it last. */
async function close(): Promise<void> {
  await pages.close();
  await Promise.all(workers.map((worker) => worker.stop()));
  await log.stop();
  await gateway.stop("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}

async function open(): Promise<void> {
  const line = await gateway.start();
  address = line.split(" ").at(-1)!;
  await Promise.all([log, ...workers].map((program) => program.start()));
  console.log(`the shop is open: ${pages.origin}/ (Ctrl-C closes it; until then it keeps everything in ${folder})`);
}

const programs = [...workers, log, gateway];
let closing = false;
function leave(code: number): void {
  const done = closing ? Promise.all(programs.map((program) => program.stop("SIGKILL"))) : close();
  closing = true;
  void done.then(() => process.exit(code));
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => leave(0));
process.stdout.on("error", () => {}); // the terminal is gone: SIGHUP tells
process.on("exit", () => programs.forEach((program) => program.signal("SIGTERM"))); // whatever it was that ended this one
open().catch((error: Error) => {
  if (closing) return;
  console.error(error.message);
  leave(1);
});
