// Programs that hang, all at once, with their connections open: the gateway pings them, finds them out, and goes on for everybody else.
// snakeMQ's loop ended when it closed such a connection, and without keepalive, its default, it waited for ever.
import { connect } from "berrymq";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { Gateway } from "../support/gateway.ts";
import { interpreters } from "../support/programs.ts";
import { until } from "../support/until.ts";

/** Consumes with leases that outlast the test, so that only its end can give the messages back. */
const WORKER = `
import os
from berrymq import Queue, connect
connect(os.environ["BERRYMQ_URL"])
tasks = Queue("task:*", shared=True, lease=3600)
print("ready", flush=True)
for delivery in tasks.consume():
    pass
`;
const COUNT = 3;
/** A ping after 30 s of silence, and 10 s for its answer (gateway/src/transports/grpc/server.ts); the machine may be busy. */
const FOUND_OUT_WITHIN = 90;

let gateway: Gateway;
const running: Background[] = [];
beforeEach(async () => {
  gateway = await Gateway.start();
});
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
  await gateway.stop();
});

test("programs that hang all at once are found out, what they held goes to others, and nobody else notices", async () => {
  await using mq = await connect(gateway.url);
  const tasks = await mq.queue("task:*", { shared: true, lease: 3600 });
  for (let each = 0; each < COUNT; each++) {
    const worker = new Background([...interpreters.python, "-c", WORKER], { BERRYMQ_URL: gateway.url });
    running.push(worker);
    await worker.prints("ready");
  }
  await until("all of them consume", async () => (await tasks.status()).consumers === COUNT);
  for (const worker of running) worker.freeze();
  await mq.publishMany(Array.from({ length: 9 }, (_, number) => ["task:pick", number] as const));
  await until("they hold the tasks", async () => (await tasks.status()).leased === 9);

  await until("all are found out", async () => (await tasks.status()).consumers === 0, FOUND_OUT_WITHIN);
  const again = await tasks.getMany(9, { timeout: 10, autoAck: false });
  expect(again.map(({ message, attempt }) => [message.args[0], attempt])).toEqual(
    Array.from({ length: 9 }, (_, number) => [number, 1]),
  );
}, 150_000);
