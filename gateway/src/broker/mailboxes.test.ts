// Mailboxes: kept for an ident that is not there, consumed by its owner alone, taken over by its newest program.
import { afterEach, beforeEach, expect, test } from "vitest";
import { batch } from "../../testing/batches.js";
import { TestBroker, turn } from "../../testing/broker.js";
import { Message } from "../gen/berrymq/v1/message.js";
import { ConsumeRequest } from "../gen/berrymq/v1/queue_service.js";
import { SECOND } from "../model/clock.js";
import { ConsumeStream } from "../service/consume-stream.js";
import type { Delivery } from "./takers.js";

let broker: TestBroker;
beforeEach(() => {
  broker = new TestBroker();
});
afterEach(() => expect(broker.faults).toEqual([]));

class Program {
  readonly got: Delivery[] = [];
  readonly stream: ConsumeStream;
  ended: string | undefined;

  constructor(ident: string) {
    this.stream = new ConsumeStream(broker.broker, { session: "", ident });
    this.stream.onDeliveries = (deliveries) => this.got.push(...deliveries);
    this.stream.onGone = ({ reason }) => {
      this.ended = reason;
    };
  }

  async open(queue: string): Promise<this> {
    await this.stream.apply(ConsumeRequest.fromPartial({ queue, credit: 100 }));
    await settled();
    return this;
  }

  async ack(): Promise<void> {
    const settlements = this.got.map(({ lease }) => ({
      leaseId: lease,
      verdict: { $case: "ack" as const, value: {} },
    }));
    await this.stream.apply(ConsumeRequest.fromPartial({ settlements }));
  }

  get sequence(): string[] {
    return this.got.map(({ body }) => Message.decode(body).id);
  }
}

const settled = async () => {
  for (let turns = 0; turns < 5; turns++) await turn();
};
const send = async (to: string, ...ids: string[]) => {
  const intake = broker.publish(batch(...ids.map((id) => ({ id, identifier: to }))));
  await intake.stored;
  await settled();
  return intake;
};
const names = () => broker.broker.queues.after("", 100).map(({ name }) => name);

test("what was sent before and after its owner came is delivered in order", async () => {
  const { accepted } = await send("_mailbox:bob", "1", "2");
  expect(accepted).toEqual([{ first: 0, count: 2, followers: 0, queues: 1 }]);
  const bob = await new Program("bob").open("_mailbox:bob");
  await send("_mailbox:bob", "3");
  expect(bob.sequence).toEqual(["1", "2", "3"]);
});

test("only its owner consumes it, and nobody else makes it by trying", async () => {
  for (const ident of ["", "eve", "bob:", "BOB"]) {
    await expect(new Program(ident).open("_mailbox:bob")).rejects.toMatchObject({ reason: "RESERVED_IDENTIFIER" });
  }
  expect(names()).toEqual([]);
});

test("an ident with separators has a mailbox under its escaped name", async () => {
  await send("_mailbox:a%3Ab%40c%2Ad%25", "1");
  expect((await new Program("a:b@c*d%").open("_mailbox:a%3Ab%40c%2Ad%25")).sequence).toEqual(["1"]);
});

test.each(["_mailbox:*", "_mailbox:a:b", "_mailbox:a@b", "_mailbox:köln", "_mailbox.transient:*"])(
  "%s is nobody's, so that it is refused",
  async (name) => {
    const { refused } = await send(name, "1");
    expect(refused[0]?.refusal.reason).toBe("INVALID_IDENTIFIER");
    expect(names()).toEqual([]);
  },
);

test("a newer program of the ident takes over what its predecessor had not settled", async () => {
  const older = await new Program("bob").open("_mailbox:bob");
  await send("_mailbox:bob", "1", "2");
  const newer = await new Program("bob").open("_mailbox:bob");
  expect(older.ended).toBe("TAKEN_OVER");
  await older.stream.close();
  await settled();
  expect(newer.sequence).toEqual(["1", "2"]);
  await send("_mailbox:bob", "3");
  expect([older.sequence, newer.sequence]).toEqual([
    ["1", "2"],
    ["1", "2", "3"],
  ]);
});

test("one message to two idents is two letters, and settling one leaves the other", async () => {
  await send("_mailbox:bob", "same");
  await send("_mailbox:eve", "same");
  const bob = await new Program("bob").open("_mailbox:bob");
  await bob.ack();
  await bob.stream.close();
  expect((await new Program("eve").open("_mailbox:eve")).sequence).toEqual(["same"]);
});

test("the same letter twice to one ident is kept once", async () => {
  await send("_mailbox:bob", "same");
  await send("_mailbox:bob", "same");
  expect((await new Program("bob").open("_mailbox:bob")).sequence).toEqual(["same"]);
});

test("an empty mailbox vanishes when its owner leaves, one with unread messages stays", async () => {
  const bob = await new Program("bob").open("_mailbox:bob");
  await send("_mailbox:bob", "1");
  await bob.stream.close();
  expect(names()).toEqual(["_mailbox:bob"]);
  const again = await new Program("bob").open("_mailbox:bob");
  await again.ack();
  await again.stream.close();
  expect(names()).toEqual([]);
});

test("what expired unread is told to the world with its sender", async () => {
  const drops = broker.follow("berrymq:drop");
  const expiresAt = BigInt(broker.clock.now() + 5 * SECOND);
  broker.publish(batch({ id: "m", identifier: "_mailbox:bob", sender: "me", expiresAt }));
  await settled();
  await broker.clock.advance(5 * SECOND);
  await settled();
  const entries = drops.take(100_000)!;
  expect(String(Buffer.concat(entries))).toContain('"message_id":"m","identifier":"_mailbox:bob","sender":"me"');
});
