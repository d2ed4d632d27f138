// A publisher's stream: sequence numbers, reconnections, answers gathered by turn.
import { beforeEach, describe, expect, test } from "vitest";
import { batch, messagesOf } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import type { Append } from "../engines/engine.js";
import { MemoryEngine } from "../engines/memory/engine.js";
import type { PublishBatchesResponse } from "../gen/berrymq/v1/publisher_service.js";
import { defaultLimits } from "../limits.js";
import { SECOND } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { PublishStream } from "./publish-stream.js";

const caller = { session: "s", ident: "" };
let broker: TestBroker;

beforeEach(() => {
  broker = new TestBroker();
});

function open(who = caller): { stream: PublishStream; answers: PublishBatchesResponse[] } {
  const stream = new PublishStream(broker.broker, broker.broker.presence.enter(who.session, who.ident));
  const answers: PublishBatchesResponse[] = [];
  stream.onAnswer = (answer) => answers.push(answer);
  return { stream, answers };
}

const runs = (answer: PublishBatchesResponse) =>
  answer.accepted.map(({ firstSequence, count }) => [Number(firstSequence), count]);
const refused = (answer: PublishBatchesResponse) =>
  answer.refused.map(({ firstSequence, count }) => [Number(firstSequence), count]);

describe("sequence", () => {
  test("counts from 1, and an absent number is the next", async () => {
    const { stream, answers } = open();
    stream.accept(batch({}, {}), 1, false);
    stream.accept(batch({}), 0, false);
    stream.accept(batch({}), 4, false);
    await turn();
    expect(answers.map(({ through }) => through)).toEqual([4n]);
    expect(runs(answers[0]!)).toEqual([[1, 4]]);
  });

  test("a gap is refused, naming both numbers", () => {
    const { stream } = open();
    stream.accept(batch({}), 1, false);
    expect(() => stream.accept(batch({}), 3, false)).toThrow("first_sequence: 3 after 1");
  });

  test("a new stream of the same session goes on counting, and passes over what was taken in", async () => {
    const listener = broker.follow("*");
    const before = open();
    before.stream.accept(batch({ id: "1" }, { id: "2" }), 1, false);
    before.stream.close();
    const after = open();
    after.stream.accept(batch({ id: "2" }, { id: "3" }), 2, true);
    await turn();
    expect(runs(after.answers[0]!)).toEqual([[3, 1]]);
    expect(after.answers[0]!.through).toBe(3n);
    expect(messagesOf(listener.take(10_000)).map(({ id, resent }) => [id, resent])).toEqual([
      ["1", false],
      ["2", false],
      ["3", false],
    ]);
  });

  test("a batch that was taken in whole is answered, and delivered no more", async () => {
    const listener = broker.follow("*");
    const { stream, answers } = open();
    for (let i = 0; i < 2; i++) stream.accept(batch({}, {}), 1, i > 0);
    await turn();
    expect([answers[0]!.through, runs(answers[0]!)]).toEqual([2n, [[1, 2]]]);
    expect(messagesOf(listener.take(10_000))).toHaveLength(2);
  });

  test("a session that the gateway does not know may begin anywhere, and what it sends again is marked", () => {
    const listener = broker.follow("*");
    open().stream.accept(batch({}), 1000, true);
    open({ session: "other", ident: "" }).stream.accept(batch({}), 7, false);
    expect(messagesOf(listener.take(10_000)).map(({ resent }) => resent)).toEqual([true, false]);
  });

  test("a session is known for 120 s after its last stream", async () => {
    const { stream } = open();
    stream.accept(batch({}), 1, false);
    stream.close();
    await broker.clock.advance(121 * SECOND);
    const { stream: later, answers } = open();
    later.accept(batch({}), 1, false);
    await turn();
    expect(runs(answers[0]!)).toEqual([[1, 1]]);
  });

  test.each([2 ** 53, 2 ** 64])("a number beyond counting (%d) is refused", (first) => {
    expect(() => open().stream.accept(batch({}), first, false)).toThrow(
      expect.objectContaining({ reason: "INVALID_ARGUMENT", message: expect.stringContaining("first_sequence") }),
    );
  });
});

describe("answers", () => {
  test("those of one turn are one, in order, refusals beside", async () => {
    const { stream, answers } = open();
    stream.accept(batch({}, { identifier: "te*t" }, { identifier: "te*t" }, {}), 0, false);
    stream.accept(batch({}), 0, false);
    await turn();
    stream.accept(batch({}), 0, false);
    await turn();
    expect(answers.map(({ through }) => through)).toEqual([5n, 6n]);
    expect([runs(answers[0]!), refused(answers[0]!)]).toEqual([
      [
        [1, 1],
        [4, 2],
      ],
      [[2, 2]],
    ]);
  });

  test("followers have what was published before the publisher is answered", async () => {
    const listener = broker.follow("*");
    const order: string[] = [];
    listener.onReady = () => order.push("follower");
    const { stream } = open();
    stream.onAnswer = () => order.push("publisher");
    stream.accept(batch({}), 0, false);
    await turn();
    expect(order).toEqual(["follower", "publisher"]);
  });

  test("an empty batch is refused", () => {
    expect(() => open().stream.accept(Buffer.alloc(0), 0, false)).toThrow("batch: it is empty or absent");
  });

  test("settled waits for what is to be answered still", async () => {
    const { stream, answers } = open();
    stream.accept(batch({}), 0, false);
    await stream.settled();
    expect(answers).toHaveLength(1);
  });
});

describe("a disk that is slow, or full", () => {
  /** Commits when the test says so. */
  class SlowEngine extends MemoryEngine {
    commit: () => void = () => {};
    fail: (error: unknown) => void = () => {};

    override append(entries: readonly Append[]): Promise<void> {
      const appended = super.append(entries);
      return new Promise((resolve, reject) => {
        this.commit = () => resolve(appended);
        this.fail = reject;
      });
    }
  }

  test("answers keep their order when one waits", async () => {
    const engine = new SlowEngine(defaultLimits);
    broker = new TestBroker({}, engine);
    await broker.queue({ name: "q" });
    const { stream, answers } = open();
    const stored = stream.accept(batch({ identifier: "q:1" }), 0, false);
    stream.accept(batch({ identifier: "z:1" }), 0, false);
    await turn();
    expect(answers).toEqual([]);
    engine.commit();
    await stored;
    await turn();
    expect(answers.map(({ through }) => through)).toEqual([2n]);
  });

  test("what could not be stored is refused, the rest of the batch is not, and the stream goes on", async () => {
    const engine = new SlowEngine(defaultLimits);
    broker = new TestBroker({}, engine);
    await broker.queue({ name: "q" });
    const { stream, answers } = open();
    stream.accept(batch({ identifier: "z:1" }, { identifier: "q:1" }), 0, false);
    engine.fail(new Refusal("STORAGE_FAILED", "full"));
    await stream.settled();
    await turn();
    stream.accept(batch({ identifier: "z:2" }), 0, false);
    await turn();
    const all = { runs: answers.flatMap(runs), refused: answers.flatMap(refused) };
    expect(all).toEqual({
      runs: [
        [1, 1],
        [3, 1],
      ],
      refused: [[2, 1]],
    });
  });
});
