import { describe, expect, it } from "vitest";
import { BacklogFull } from "../src/errors.js";
import { PublishBatchesRequest } from "../src/gen/berrymq/v1/publisher_service.js";
import { envelopeOf, Message } from "../src/message.js";
import { Outbox } from "../src/outbox.js";
import { Tally } from "../src/receipt.js";

class Wire {
  readonly frames: PublishBatchesRequest[] = [];
  private readonly written: (() => void)[] = [];

  write(frame: Buffer, written: () => void): void {
    this.frames.push(PublishBatchesRequest.decode(frame));
    this.written.push(written);
  }

  end(): void {}

  flush(): void {
    for (const callback of this.written.splice(0)) callback();
  }

  get counts(): number[] {
    return this.frames.map(({ batch }) => batch!.messages.length);
  }
}

function publish(outbox: Outbox, ...args: unknown[]): Promise<unknown> {
  const tally = new Tally(() => {});
  outbox.append(envelopeOf(new Message("a:b", ...args)), tally);
  tally.settle(1);
  return tally.receipt;
}

const wide = { messages: 100_000, bytes: 1e9 };

describe("the outbox", () => {
  it("sends a lone message at once, and what gathers meanwhile as the next batch", () => {
    const outbox = new Outbox(wide);
    const wire = new Wire();
    outbox.attach(wire);
    for (let n = 0; n < 6; n++) void publish(outbox, n);
    expect(wire.counts).toEqual([1]);
    wire.flush();
    expect(wire.counts).toEqual([1, 5]);
    expect(wire.frames.map(({ firstSequence }) => firstSequence)).toEqual([1n, 2n]);
  });

  it("closes a batch at 512 messages and before 256 KiB", () => {
    const outbox = new Outbox(wide);
    for (let n = 0; n < 1000; n++) void publish(outbox, n);
    for (let n = 0; n < 3; n++) void publish(outbox, Buffer.alloc(200_000));
    const wire = new Wire();
    outbox.attach(wire);
    for (let n = 0; n < 4; n++) wire.flush();
    expect(wire.counts).toEqual([512, 489, 1, 1]);
  });

  it("settles each publish with its own share of cumulative answers", async () => {
    const outbox = new Outbox(wide);
    const error = new BacklogFull("as an example");
    const receipts = Array.from({ length: 6 }, (_, n) => publish(outbox, n));
    outbox.settle({
      through: 5,
      accepted: [
        { first: 1, count: 2, followers: 3, queues: 0 },
        { first: 4, count: 1, followers: 0, queues: 1 },
      ],
      refused: [{ first: 3, count: 1, error }],
    });
    expect(await receipts[0]).toMatchObject({ followers: 3, queues: 0 });
    expect(await receipts[1]).toMatchObject({ followers: 3, queues: 0 });
    await expect(receipts[2]).rejects.toBe(error);
    expect(await receipts[3]).toMatchObject({ followers: 0, queues: 1 });
    expect(await receipts[4]).toMatchObject({ followers: 0, queues: 0 });
    expect(outbox.held).toBe(1);
  });

  it("sends what was not answered again, marked and with the same numbers", () => {
    const outbox = new Outbox(wide);
    const first = new Wire();
    outbox.attach(first);
    void publish(outbox, 1);
    first.flush();
    void publish(outbox, 2);
    void publish(outbox, 3);
    outbox.settle({ through: 1, accepted: [{ first: 1, count: 1, followers: 0, queues: 0 }], refused: [] });
    outbox.detach();
    void publish(outbox, 4);
    const second = new Wire();
    outbox.attach(second);
    second.flush();
    second.flush();
    const sent = second.frames.map(({ firstSequence, resent, batch }) => [
      firstSequence,
      resent,
      batch!.messages.length,
    ]);
    expect(sent[0]).toEqual([2n, true, 1]);
    expect(sent.slice(1).every(([, resent]) => resent === false)).toBe(true);
    expect(sent.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(3);
  });

  it("holds no more messages and bytes than it may", () => {
    const few = new Outbox({ messages: 2, bytes: 1e9 });
    void publish(few, 1);
    void publish(few, 2);
    expect(() => publish(few, 3)).toThrow(BacklogFull);
    const small = new Outbox({ messages: 100, bytes: 1000 });
    void publish(small, Buffer.alloc(2000));
    expect(() => publish(small, 2)).toThrow(BacklogFull);
  });

  it("numbers from 1 again after what was sent has been refused for good", async () => {
    const outbox = new Outbox(wide);
    const wire = new Wire();
    outbox.attach(wire);
    const refused = publish(outbox, 1);
    const kept = publish(outbox, 2);
    outbox.detach();
    outbox.refuseSent(new BacklogFull("as an example"));
    await expect(refused).rejects.toThrow(BacklogFull);
    const next = new Wire();
    outbox.attach(next);
    expect(next.frames[0]).toMatchObject({ firstSequence: 1n, resent: false });
    outbox.settle({ through: 1, accepted: [{ first: 1, count: 1, followers: 2, queues: 0 }], refused: [] });
    expect(await kept).toMatchObject({ followers: 2 });
  });
});
