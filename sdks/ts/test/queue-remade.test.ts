import { expect, it } from "vitest";
import { QueueNotFound } from "../src/errors.js";
import { type GatewayCalls, GatewayQueue } from "../src/gateway-queue.js";
import type { Consumer, QueueSpec } from "../src/transports/queue-calls.js";

const spec: QueueSpec = { name: "q", patterns: ["q:*"], standalone: false };
const gone = new QueueNotFound("there is no queue q");

/** A gateway that was started again, and forgot the queue until somebody makes it. Which call is first is a matter of luck there. */
function forgetful() {
  let connections = 1;
  let there = true;
  let made = 0;
  const calls = {
    create: async () => {
      there = true;
      made++;
      return { patterns: ["q:*"], told: {} };
    },
    purge: async () => {
      if (!there) throw gone;
      return 0;
    },
    consume: () => ({}) as Consumer,
  };
  const gateway = { connections: () => connections, calls: () => calls } as unknown as GatewayCalls;
  const restart = () => {
    connections++;
    there = false;
  };
  return { queue: new GatewayQueue("q", gateway, spec), restart, made: () => made };
}

it("consuming goes on when another call made the queue again before its stream failed", async () => {
  const { queue, restart, made } = forgetful();
  restart();
  const consumer = queue.consume(1, false);
  await queue.purge();
  expect(await queue.restored(gone, consumer)).toBe(true);
  expect(made()).toBe(1);
});

it("consuming ends when somebody deleted the queue", async () => {
  const { queue, made } = forgetful();
  expect(await queue.restored(gone, queue.consume(1, false))).toBe(false);
  expect(made()).toBe(0);
});
