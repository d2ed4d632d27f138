// Asking: the first answer, everybody's, and the ways in which none comes.
import { beforeEach, describe, expect, test } from "vitest";
import { batch, body, messagesOf } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import type { Follower } from "../broker/follower.js";
import { Session } from "../broker/session.js";
import type { Duration } from "../gen/google/protobuf/duration.js";
import { SECOND } from "../model/clock.js";
import { asEntry } from "../model/message.js";
import { PublisherService } from "./publisher.js";
import { TalkService } from "./talk.js";

const EVERYBODYS = 0xffff_ffff;
const caller = { session: "asker", ident: "" };
const question = asEntry(body({ identifier: "sum:of", payload: Buffer.from("?") }));
let broker: TestBroker;
let service: TalkService;

beforeEach(() => {
  broker = new TestBroker();
  service = new TalkService(broker.broker, new PublisherService(broker.broker, broker.limits), broker.clock);
});

/** Somebody who answers, once the question has come. */
function answerer(name: string): { follower: Follower; answer: (number: number, of: number) => Promise<void> } {
  const session = new Session(name, name);
  const follower = broker.follow("sum:*", { session, answers: true });
  const answer = async (number: number, of: number) => {
    await turn();
    const [asked] = messagesOf(follower.take(10_000));
    to ??= { identifier: asked!.replyTo, id: asked!.id };
    const fields = { identifier: to.identifier, answer: { to: to.id, number, of }, sender: name };
    broker.publish(batch(fields), { session });
  };
  let to: { identifier: string; id: string } | undefined;
  return { follower, answer };
}

function ask(options: { answers?: number; timeout?: Duration; signal?: AbortSignal } = {}): Promise<string[]> {
  const { answers = 1, timeout, signal = new AbortController().signal } = options;
  const senders = async () => {
    const heard: string[] = [];
    for await (const entry of service.ask(caller, question, { answers, timeout, signal })) {
      heard.push(messagesOf([entry])[0]!.sender);
    }
    return heard;
  };
  return senders();
}

describe("ask", () => {
  test("ends with the first answer", async () => {
    const [ann, bob] = [answerer("ann"), answerer("bob")];
    const asked = ask();
    await bob.answer(1, 1);
    await ann.answer(1, 1);
    expect(await asked).toEqual(["bob"]);
  });

  test("for everybody's ends when everybody has answered or declined", async () => {
    const [ann, bob] = [answerer("ann"), answerer("bob")];
    const asked = ask({ answers: EVERYBODYS });
    await ann.answer(1, 1);
    await bob.answer(0, 0);
    expect(await asked).toEqual(["ann"]);
  });

  test("fails at once where nobody answers, though somebody listens", async () => {
    broker.follow("sum:*");
    await expect(ask()).rejects.toMatchObject({ reason: "NO_FOLLOWERS" });
  });

  test("fails as soon as everybody has declined", async () => {
    const ann = answerer("ann");
    const failed = expect(ask()).rejects.toMatchObject({ reason: "NO_FOLLOWERS" });
    await ann.answer(0, 0);
    await failed;
  });

  test("fails as soon as everybody who could answer has left", async () => {
    const ann = answerer("ann");
    const failed = expect(ask()).rejects.toMatchObject({ reason: "NO_FOLLOWERS" });
    await turn();
    broker.broker.removeFollower(ann.follower);
    await failed;
  });

  test("fails when its time is over, after 30 s unless said", async () => {
    answerer("ann");
    const failed = expect(ask()).rejects.toMatchObject({ reason: "TIMEOUT", message: expect.stringContaining("30 s") });
    await turn();
    await broker.clock.advance(30 * SECOND);
    await failed;
  });

  test("ends without an error when its time is over after an answer", async () => {
    const [ann] = [answerer("ann"), answerer("bob")];
    const asked = ask({ answers: EVERYBODYS, timeout: { seconds: 5n, nanos: 0 } });
    await ann.answer(1, 1);
    await broker.clock.advance(5 * SECOND);
    expect(await asked).toEqual(["ann"]);
  });

  test("ends quietly when the asker goes away", async () => {
    answerer("ann");
    const gone = new AbortController();
    const asked = ask({ signal: gone.signal });
    await turn();
    gone.abort();
    expect(await asked).toEqual([]);
  });

  test.each([
    { seconds: -1n, nanos: 0 },
    { seconds: 3601n, nanos: 0 },
  ])("refuses a time of $seconds s", async (timeout) => {
    answerer("ann");
    await expect(ask({ timeout })).rejects.toMatchObject({ reason: "INVALID_ARGUMENT" });
  });
});

describe("talk", () => {
  test("publishes with the identifier for the answers", async () => {
    const ann = answerer("ann");
    expect(await service.talk(caller, question, "log:result")).toMatchObject({ followers: 1 });
    expect(messagesOf(ann.follower.take(10_000))[0]!.replyTo).toBe("log:result");
  });

  test.each([
    ["te*t:x", "INVALID_IDENTIFIER"],
    ["", "INVALID_IDENTIFIER"],
    ["berrymq:x", "RESERVED_IDENTIFIER"],
  ])("refuses %j as the identifier for the answers", async (replyTo, reason) => {
    await expect(service.talk(caller, question, replyTo)).rejects.toMatchObject({ reason });
  });
});
