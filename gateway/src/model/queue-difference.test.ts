import { expect, test } from "vitest";
import { Queue } from "../gen/berrymq/v1/queue.js";
import { queueDifferences } from "./queue-difference.js";
import { readQueueOptions } from "./queue-options.js";

const read = (queue: Partial<Queue>, session = "s") =>
  readQueueOptions(Queue.fromPartial({ name: "q", ...queue } as Queue), session);
const differences = (one: Partial<Queue>, other: Partial<Queue>) => queueDifferences(read(one), read(other));

test("the same wishes are the same queue, defaults and the order of patterns included", () => {
  expect(differences({}, { maxMessages: 1_000_000n })).toEqual([]);
  expect(differences({ patterns: ["a:*", "b:*"] }, { patterns: ["b:*", "a:*"] })).toEqual([]);
});

test("each option that differs is named with what is there and what was asked", () => {
  expect(differences({}, { maxMessages: 1n, lease: { seconds: 20n, nanos: 0 } })).toEqual([
    "max_messages: 1000000 there, 1 asked",
    "lease: 30 s there, 20 s asked",
  ]);
  expect(differences({ patterns: ["a:*", "b:*"] }, { patterns: ["b:*"] })).toEqual([
    "patterns: a:*, b:* there, b:* asked",
  ]);
  expect(differences({ ttl: { seconds: 0n, nanos: 500_000_000 } }, {})).toEqual(["ttl: 0.5 s there, none asked"]);
});

test("a standalone queue is its owner's alone, and nobody is told the owner's session", () => {
  const [told] = queueDifferences(read({ standalone: true }, "secret"), read({ standalone: true }, "other"));
  expect(told).toBe("standalone: it is another program's");
});
