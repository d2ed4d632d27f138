import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Bus, Closed, run } from "../src/index.js";
import { untilTold } from "../src/platform/browser.js";
import { connected } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";

const built = new URL("../dist/index.js", import.meta.url).href;
const WORKER = `
  import { once } from "node:events";
  import { connect, followingFunction, publish, run } from ${JSON.stringify(built)};
  const [url, name, queue] = process.argv.slice(1);
  process.on("SIGTERM", () => console.log("others hear it"));
  const work = async (message) => {
    console.log("at work");
    await once(process.stdin, "data");
    await publish(name + ":done", message.args[0]);
    console.log("worked");
  };
  followingFunction(name + ":work", work, queue ? { queue } : {});
  const mq = await connect(url);
  console.log("ready");
  await run();
  process.stdin.destroy();
  console.log("ended", process.listenerCount("SIGTERM"), process.listenerCount("SIGINT"));
  await mq.publish(name + ":late").catch(({ reason }) => console.log(reason));
`;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway.stop("SIGKILL"));

/** A program, and what it says. */
class Program {
  private static readonly all: Program[] = [];
  private readonly lines: AsyncIterator<string>;

  private constructor(readonly child: ChildProcessByStdio<Writable, Readable, null>) {
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    Program.all.push(this);
  }

  static async start(...parameters: string[]): Promise<Program> {
    const command = ["--input-type=module", "-e", WORKER, ...parameters];
    const program = new Program(spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] }));
    expect(await program.line()).toBe("ready");
    return program;
  }

  static endAll(): void {
    for (const { child } of Program.all.splice(0)) child.kill("SIGKILL");
  }

  async line(): Promise<string> {
    return (await this.lines.next()).value;
  }
}

afterEach(() => Program.endAll());

it.each(["", "queue"])("lets a handler at work finish and publish after the signal (%s)", async (queue) => {
  const mq = await connected(gateway);
  const name = `run${queue}`;
  const done = await mq.queue(`${name}:done`);
  const program = await Program.start(gateway.url, name, queue && name);
  await mq.publish(`${name}:work`, "first");
  expect(await program.line()).toBe("at work");
  const exited = once(program.child, "exit");
  program.child.kill("SIGINT");
  program.child.stdin.write("\n");
  expect([await program.line(), await program.line(), await program.line()]).toEqual(["worked", "ended 1 0", "CLOSED"]);
  expect(await exited).toEqual([0, null]);
  expect((await done.get({ timeout: 10 }))?.args).toEqual(["first"]);
  if (queue) expect((await (await mq.queue(`${name}:work`, { shared: true, name })).status()).leased).toBe(0);
});

it("ends the program at once when it is told again", async () => {
  const mq = await connected(gateway);
  const program = await Program.start(gateway.url, "again");
  await mq.publish("again:work");
  expect(await program.line()).toBe("at work");
  const exited = once(program.child, "exit");
  program.child.kill("SIGTERM");
  expect(await program.line()).toBe("others hear it");
  program.child.kill("SIGINT");
  expect(await exited).toEqual([null, "SIGINT"]);
});

it("says where it cannot wait", async () => {
  const bus = new Bus();
  await bus.close();
  await expect(run({ bus })).rejects.toThrow(Closed);
  await expect(untilTold(async () => {})).rejects.toThrow("a page ends by");
  const program = `import(${JSON.stringify(built)}).then(({ run }) => run()).catch(({ message }) => postMessage(message));`;
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads"); const postMessage = (text) => parentPort.postMessage(text); ${program}`,
    { eval: true },
  );
  expect((await once(worker, "message"))[0]).toContain("main thread");
  await worker.terminate();
});
