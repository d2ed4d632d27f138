// Queues by their names: opened as they are, made where they are not.
import { expect, test } from "vitest";
import { TestBroker } from "../../testing/broker.js";

const broker = new TestBroker();

test("what is not said is not compared", async () => {
  const queue = await broker.queue({ name: "q", patterns: ["x:*"], maxMessages: 5n, maxAttempts: 2 });
  expect(await broker.queue({ name: "q" })).toBe(queue);
  expect(await broker.queue({ name: "q", patterns: ["x"], maxAttempts: 2 })).toBe(queue);
});

test("what is said and differs is refused, and named with the way out", async () => {
  await broker.queue({ name: "r", maxMessages: 5n });
  await expect(broker.queue({ name: "r", maxAttempts: 2, lease: { seconds: 9n } })).rejects.toMatchObject({
    reason: "QUEUE_EXISTS",
    message:
      'the queue "r" exists with other options (lease: 30 s there, 9 s asked; max_attempts: 10 there, 2 asked); ' +
      "leave out what may be as it is, or choose another name",
  });
});

test("the dead letters of a queue that stands are opened by their name, before anything died, too", async () => {
  await broker.queue({ name: "d" });
  const dead = await broker.queue({ name: "d.dead" });
  expect([dead.options.patterns, dead.options.dropOldest]).toEqual([[], true]);
  expect(await broker.queue({ name: "d.dead" })).toBe(dead);
  expect((await broker.queue({ name: "none.dead" })).options.patterns).toMatchObject([{ text: "none.dead:*" }]);
});

test("a name that makes no pattern opens a queue that is there, and makes none", async () => {
  const there = await broker.queue({ name: "task:*", patterns: ["task:*"] });
  expect(await broker.queue({ name: "task:*" })).toBe(there);
  await expect(broker.queue({ name: "job:*" })).rejects.toMatchObject({ reason: "INVALID_ARGUMENT" });
});
