// Faults of snakeMQ and Mezzenger that take a connection that is cut, a kill, a halt or many programs to see (docs/compatibility.md).
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bus, connect, Message } from "berrymq";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as contract from "../../gateway/src/gen/berrymq/v1/queue_service.ts";
import { Background } from "../support/background.ts";
import { Gateway } from "../support/gateway.ts";
import { interpreters } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { RawClient } from "./raw-client.ts";
import { following, heard } from "./requests.ts";

vi.setConfig({ testTimeout: 60_000 });

let data: string;
let gateway: Gateway;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "berrymq-older-"));
  gateway = await Gateway.start({ data });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await gateway.stop();
  rmSync(data, { recursive: true, force: true });
});

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

async function startAgain(): Promise<void> {
  gateway = await Gateway.start({ data, port: gateway.port });
}

test("snakeMQ removed a message before it was sent: here large letters whose connection is cut half-way come again, whole", async () => {
  await using sender = await connect(gateway.url, { ident: "sender" });
  const letters = numbers(5).map((number) => new Uint8Array(4_000_000).fill(number));
  for (const letter of letters) await sender.mailbox("reader").send(letter);
  const cut = new RawClient(gateway.url);
  const stream = cut.stream("QueueService/Consume", { "berrymq-ident": "reader" });
  const request = contract.ConsumeRequest.fromPartial({ queue: "_mailbox:reader", credit: 5 });
  await stream.write(contract.ConsumeRequest.encode(request).finish());
  await until("the first letter is on its way", () => stream.responses.length > 0);
  stream.freeze();
  cut.close();

  await using reader = new Bus();
  const got: Uint8Array[] = [];
  reader.onRecv((_, message) => got.push(message.args[0] as Uint8Array));
  await reader.connect(gateway.url, { ident: "reader" });
  await until("every letter came", () => got.length === letters.length, 20);
  expect(got.map((bytes) => [bytes.length, bytes[0], bytes.at(-1)])).toEqual(
    numbers(5).map((number) => [4_000_000, number, number]),
  );
});

test("snakeMQ's programs came back every three seconds in step: here forty that lost one gateway knock ever more seldom, and all come back", async () => {
  const PROGRAMS = 40;
  const buses: Bus[] = [];
  const got = new Map<number, unknown[]>();
  for (const number of numbers(PROGRAMS)) {
    const bus = new Bus();
    closing.push(() => bus.close());
    buses.push(bus);
    await bus.connect(gateway.url);
    got.set(number, []);
    closing.push(keep(bus.followingFunction("storm:x", (message) => got.get(number)!.push(message.args[0]))));
  }
  await gateway.kill();
  const knocks = await countKnocks(gateway.port, 3000);
  // With 0.1 s doubled and a random part of that, a program knocks about seven times in three seconds; every 0.1 s would be thirty times.
  expect(knocks).toBeLessThan(PROGRAMS * 20);
  await startAgain();
  const others = [...got.entries()].filter(([number]) => number !== 0);
  await until(
    "all of them follow again",
    async () => (await buses[0]!.publish("storm:x", "again")).followers >= PROGRAMS,
    30,
  );
  await until("all of them hear it", () => others.every(([, heard]) => heard.includes("again")));
});

/** Answers whoever knocks at a port by hanging up, for so many milliseconds; tells how many there were. */
async function countKnocks(port: number, milliseconds: number): Promise<number> {
  let count = 0;
  const server = createServer((socket: Socket) => {
    count++;
    socket.on("error", () => {});
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  await new Promise((over) => setTimeout(over, milliseconds)); // the time that passes is what is counted in
  await new Promise((closed) => server.close(closed));
  return count;
}

/** Holds on to a following, and ends it. */
function keep(following: { unfollow(): void }): () => void {
  return () => following.unfollow();
}

test("Mezzenger raised when the answer was late though the message was taken: here the publisher waits, is told the truth, and it is stored once", async () => {
  await using mq = await connect(gateway.url);
  const queue = await mq.queue("late:*", { shared: true });
  process.kill(gateway.pid, "SIGSTOP");
  let receipt: Promise<{ queues: number }>;
  try {
    receipt = mq.publish("late:x", 1);
    await new Promise((over) => setTimeout(over, 2500)); // longer than Mezzenger's two seconds
  } finally {
    process.kill(gateway.pid, "SIGCONT");
  }
  expect((await receipt).queues).toBe(1);
  expect((await queue.status()).ready).toBe(1);
});

test("Mezzenger delivered in any order after a restart: here what waits for an acknowledgement comes in the order in which it was published", async () => {
  const mq = await connect(gateway.url);
  for (const number of numbers(50))
    await mq.publish(new Message("order:x", number).with({ requireAck: true, messageId: `m${number}` }));
  await mq.close();
  await gateway.kill();
  await startAgain();
  const client = new RawClient(gateway.url);
  closing.push(() => client.close());
  const late = await following(client.stream("FollowerService/Follow"), "order:*");
  await until("all came", () => heard(late).length >= 50, 20);
  expect(
    heard(late)
      .slice(0, 50)
      .map(({ id }) => id),
  ).toEqual(numbers(50).map((number) => `m${number}`));
});

test("Mezzenger refused to start on a file that was cut off: here the gateway starts, keeps what can be read and sets the file aside", async () => {
  const mq = await connect(gateway.url);
  const text = "x".repeat(900);
  await mq.queue("cut:*", { shared: true, name: "cut" });
  await mq.publishMany(numbers(2000).map((number) => ["cut:x", number, text] as const));
  await mq.close();
  expect(await gateway.stop()).toBe(0);
  const file = join(data, "berrymq.db");
  truncateSync(file, Math.floor((statSync(file).size * 0.6) / 4096) * 4096);
  await startAgain();
  await using again = await connect(gateway.url);
  const queue = await again.queue("cut:*", { shared: true, name: "cut" });
  expect((await queue.status()).ready).toBeGreaterThan(500);
  expect((await queue.get({ timeout: 5 }))?.args[0]).toBe(0);
  expect(readdirSync(data).filter((name) => name.includes(".damaged-"))).toHaveLength(1);
  expect((await again.publish("cut:x", "goes on")).queues).toBe(1);
});

test("snakeMQ ran a method several times when the connection was lost during a call: here a message that is sent again is handled once", async () => {
  await using handler = await connect(gateway.url);
  const calls: unknown[] = [];
  const handled = handler.followingFunction("rpc:add", (message) => calls.push(message.args[0]));
  closing.push(keep(handled));
  await handler.flush();
  await using caller = new Bus();
  await caller.connect(gateway.url);
  const asked = numbers(200).map((number) => caller.publish("rpc:add", number));
  await asked[0];
  await gateway.kill();
  await startAgain();
  await Promise.all(asked);
  await handler.flush();
  await until("the handler is followed again", async () => (await caller.publish("rpc:add", "last")).followers === 1);
  await until("the last one came", () => calls.includes("last"));
  const seen = calls.filter((call) => call !== "last");
  expect(seen.length).toBe(new Set(seen).size);
});

/** A handler whose answer nothing can carry, in each language. */
const unspeakable = {
  python: `
import os, berrymq
@berrymq.following_function("say:python")
def answer(message): return object()
berrymq.connect(os.environ["BERRYMQ_URL"])
print("ready", flush=True)
input()`,
  ruby: `
require "berrymq"
following = BerryMQ.following_function("say:ruby") { |message| Object.new }
BerryMQ.connect(ENV.fetch("BERRYMQ_URL"))
puts "ready"
$stdout.flush
gets`,
  ts: `
import { connect, followingFunction } from "berrymq";
followingFunction("say:ts", () => () => {});
await connect(process.env.BERRYMQ_URL);
console.log("ready");
process.stdin.resume();`,
} as const;

test.each(Object.keys(unspeakable) as (keyof typeof unspeakable)[])(
  "snakeMQ let the caller wait for an answer that could not be sent: here he is told at once what is wrong with it (%s)",
  async (language) => {
    const evaluate = { python: ["-c"], ruby: ["-e"], ts: ["--input-type=module", "-e"] }[language];
    const command = language === "ts" ? [process.execPath] : interpreters[language];
    const program = new Background([...command, ...evaluate, unspeakable[language]], { BERRYMQ_URL: gateway.url });
    closing.push(() => program.kill());
    await program.prints("ready");
    await using mq = await connect(gateway.url);
    const began = performance.now();
    await expect(mq.within(30).ask(`say:${language}`)).rejects.toMatchObject({ reason: "HANDLER_FAILED" });
    expect(performance.now() - began).toBeLessThan(10_000);
  },
);
