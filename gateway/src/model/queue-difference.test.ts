import { expect, test } from "vitest";
import { Overflow, Policy, Queue } from "../gen/berrymq/v1/queue.js";
import { readAskedQueue, withDefaults } from "./asked-queue.js";
import { queueDifferences } from "./queue-difference.js";

const ask = (queue: Partial<Queue>, session = "s") =>
  readAskedQueue(Queue.fromPartial({ name: "q", ...queue } as Queue), session);
const differences = (there: Partial<Queue>, asked: Partial<Queue>) =>
  queueDifferences(withDefaults(ask(there)), ask(asked));

test("the same wishes are the same queue, defaults and the order of patterns included", () => {
  expect(differences({}, { maxMessages: 1_000_000n })).toEqual([]);
  expect(differences({ patterns: ["a:*", "b:*"] }, { patterns: ["b", "a:*", "b:*"] })).toEqual([]);
});

test("what is not said is not compared", () => {
  const there = {
    patterns: ["a:*"],
    maxMessages: 1n,
    overflow: Overflow.OVERFLOW_DROP_OLDEST,
    lease: { seconds: 20n, nanos: 0 },
    backoff: { first: { seconds: 2n, nanos: 0 }, most: { seconds: 3n, nanos: 0 } },
    transient: true,
    ttl: { seconds: 60n, nanos: 0 },
    policy: Policy.POLICY_BROADCAST,
  };
  expect(differences(there, {})).toEqual([]);
  expect(differences(there, { backoff: { first: there.backoff.first, most: undefined } })).toEqual([]);
});

test("each option that differs is named with what is there and what was asked", () => {
  expect(differences({}, { maxMessages: 1n, lease: { seconds: 20n, nanos: 0 } })).toEqual([
    "max_messages: 1000000 there, 1 asked",
    "lease: 30 s there, 20 s asked",
  ]);
  expect(differences({ patterns: ["a:*", "b:*"] }, { patterns: ["b:*"] })).toEqual([
    "patterns: a:*, b:* there, b:* asked",
  ]);
  expect(differences({}, { ttl: { seconds: 0n, nanos: 500_000_000 } })).toEqual(["ttl: none there, 0.5 s asked"]);
  expect(differences({ standalone: true }, {})).toEqual(["standalone: standalone there, shared asked"]);
});

test("a standalone queue is its owner's alone, and nobody is told the owner's session", () => {
  const [told] = queueDifferences(
    withDefaults(ask({ standalone: true }, "secret")),
    ask({ standalone: true }, "other"),
  );
  expect(told).toBe("standalone: it is another program's");
});
