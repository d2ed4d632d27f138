// What a queue may be asked to be: bad values named, defaults filled in where it is made.
import { describe, expect, test } from "vitest";
import { type DeepPartial, Overflow, Queue } from "../gen/berrymq/v1/queue.js";
import { readAskedQueue, said, withDefaults } from "./asked-queue.js";
import { Refusal } from "./errors.js";
import { toQueue } from "./queue-options.js";

const ask = (queue: DeepPartial<Queue>) => readAskedQueue(Queue.fromPartial({ name: "q", ...queue }), "me");
const read = (queue: DeepPartial<Queue>) => withDefaults(ask(queue));

describe("a queue that is asked for", () => {
  test("says nothing that its request does not say", () => {
    expect(said(ask({ paused: true }))).toEqual({ name: "q", owner: "" });
    expect(said(ask({ maxAttempts: 7, backoff: { first: { seconds: 2n } }, dedupe: {} }))).toEqual({
      name: "q",
      owner: "",
      maxAttempts: 7,
      backoffFirst: 2_000_000,
      dedupe: 0,
    });
  });

  test("has every bound filled in when it is made", () => {
    const { lease, backoff, ...queue } = toQueue(read({}), false);
    expect(queue).toMatchObject({
      name: "q",
      patterns: ["q:*"],
      standalone: false,
      maxMessages: 1_000_000n,
      maxBytes: 1_073_741_824n,
      overflow: Overflow.OVERFLOW_REJECT_PUBLISH,
      maxAttempts: 10,
      paused: false,
    });
    expect([lease?.seconds, backoff?.first?.seconds, backoff?.most?.seconds]).toEqual([30n, 1n, 300n]);
  });

  test("what it reads it writes back", () => {
    const given = {
      name: "q",
      patterns: ["a:b", "c@d:*"],
      standalone: true,
      maxMessages: 5n,
      maxBytes: 6n,
      overflow: Overflow.OVERFLOW_DROP_OLDEST,
      lease: { seconds: 1n, nanos: 500_000_000 },
      maxAttempts: 7,
      backoff: { first: { seconds: 2n, nanos: 0 }, most: { seconds: 3n, nanos: 0 } },
    };
    expect(toQueue(read(given), true)).toMatchObject({ ...given, paused: true });
  });

  test("a first backoff above the default of the most raises the most", () => {
    expect(read({ backoff: { first: { seconds: 600n } } }).backoffMost).toBe(600_000_000);
  });

  test.each<[string, DeepPartial<Queue>, string]>([
    ["no name", { name: "" }, 'queue name ""'],
    ["a long name", { name: "é".repeat(128) }, "queue name"],
    ["a control character in the name", { name: "a\nb" }, 'queue name "a\\nb"'],
    ["a name that makes no pattern", { name: "a@b@c" }, "patterns: absent"],
    ["too many patterns", { patterns: Array(101).fill("a:b") }, "patterns: 101 of them"],
    ["a number of messages beyond counting", { maxMessages: 2n ** 64n - 1n }, "max_messages: 18446744073709551615"],
    ["a number of bytes beyond counting", { maxBytes: 2n ** 53n }, "max_bytes: 9007199254740992"],
    ["an overflow that there is not", { overflow: 9 as Overflow }, "overflow: 9"],
    ["an overflow below 0", { overflow: -1 as Overflow }, "overflow: -1"],
    ["a short lease", { lease: { nanos: 1000 } }, "lease: 0.000001 s"],
    ["a negative lease", { lease: { seconds: -5n } }, "lease: -5 s"],
    ["a long lease", { lease: { seconds: 50_000n } }, "lease: 50000 s"],
    ["a negative backoff", { backoff: { first: { seconds: -1n } } }, "backoff.first: -1 s"],
    ["a long backoff", { backoff: { most: { seconds: 2n ** 40n } } }, "backoff.most"],
    ["a backoff below the default of the first", { backoff: { most: { nanos: 500_000_000 } } }, "backoff.most is less"],
    ["a backoff upside down", { backoff: { first: { seconds: 2n }, most: { seconds: 1n } } }, "backoff.most is less"],
  ])("refuses %s, naming field and value", (_what, queue, shown) => {
    expect(() => read(queue)).toThrow(shown);
    expect(() => read(queue)).toThrow(expect.objectContaining({ reason: "INVALID_ARGUMENT" }));
  });

  test("refuses a pattern that is none", () => {
    expect(() => read({ patterns: ["a:b", "te*t:x"] })).toThrow(Refusal);
    expect(() => read({ patterns: ["te*t:x"] })).toThrow(expect.objectContaining({ reason: "INVALID_IDENTIFIER" }));
  });
});
