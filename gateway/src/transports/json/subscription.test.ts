// A subscription between a stream and a sink that takes what it will.
import { expect, test } from "vitest";
import { turn } from "../../../testing/broker.js";
import { Refusal, toRefusal } from "../../model/errors.js";
import type { Conversation, Wire } from "../contract/call.js";
import { methodNamed } from "./descriptors.js";
import { type Sink, type Stream, Subscription } from "./subscription.js";

/** Takes as many events as it has room for. */
class SomeSink implements Sink {
  readonly told: unknown[] = [];
  room = Number.POSITIVE_INFINITY;

  get ready(): boolean {
    return this.room > 0;
  }

  send(_subscription: Subscription, { name, params }: { name: string; params: object }): void {
    this.room--;
    this.told.push(name === "ended" ? { ended: params } : name);
  }
}

/** A stream whose responses are lists of events' names. */
class SomeStream implements Stream {
  readonly name = "some";
  readonly request = methodNamed("FollowerService", "Follow").input;
  readonly calls: string[] = [];
  wire!: Wire;
  first: () => void = () => {};

  readonly call = (wire: Wire): Conversation => {
    this.wire = wire;
    const note = (what: string) => () => void this.calls.push(what);
    return {
      request: () => {
        this.calls.push("request");
        this.first();
      },
      requestsEnded: note("requestsEnded"),
      flushed: note("flushed"),
      draining: () => this.write("draining"),
      closed: note("closed"),
    };
  };

  *events(response: Buffer) {
    for (const name of String(response).split(" ")) {
      if (name === "broken") throw new Error("the secret");
      yield { name, params: {} };
    }
  }

  write(names: string, written?: () => void): boolean {
    return this.wire.write(Buffer.from(names), written);
  }
}

async function open(begin = true) {
  const [sink, stream, closed] = [new SomeSink(), new SomeStream(), [] as string[]];
  const subscription = await Subscription.open(
    stream,
    {},
    {
      caller: { session: "", ident: "", payloads: "readable" },
      sink,
      refusalOf: (error) => toRefusal(error, () => {}),
      closed: ({ id }) => closed.push(id),
    },
  );
  if (begin) subscription.start();
  return { sink, stream, subscription, closed };
}

test("nothing is told before it starts", async () => {
  const { sink, stream, subscription } = await open(false);
  stream.write("a b");
  expect(sink.told).toEqual([]);
  subscription.start();
  expect(sink.told).toEqual(["a", "b"]);
});

test("a first request that is refused opens nothing, whether at once or later in its turn", async () => {
  for (const later of [false, true]) {
    const stream = new SomeStream();
    const fail = () => stream.wire.fail(new Refusal("QUEUE_NOT_FOUND", "no queue"));
    stream.first = later ? () => void Promise.resolve().then(fail) : fail;
    const closed: unknown[] = [];
    const options = {
      caller: { session: "", ident: "", payloads: "readable" as const },
      sink: new SomeSink(),
      refusalOf: (error: unknown) => toRefusal(error, () => {}),
      closed: () => closed.push(1),
    };
    await expect(Subscription.open(stream, {}, options)).rejects.toThrow("no queue");
    expect([options.sink.told, closed]).toEqual([[], [1]]);
  }
});

test("a sink that is full gets the rest when it is not any more, and the sender hears of both", async () => {
  const { sink, stream, subscription } = await open();
  sink.room = 2;
  let written = 0;
  expect(stream.write("a b c", () => written++)).toBe(false);
  expect(sink.told).toEqual(["a", "b"]);
  await turn();
  expect([written, stream.calls]).toEqual([0, ["request"]]);
  sink.room = 5;
  subscription.flush();
  await turn();
  expect([sink.told, written, stream.calls]).toEqual([["a", "b", "c"], 1, ["request", "flushed"]]);
  expect(stream.write("d")).toBe(true);
});

test("requests that the stream does not take yet wait in their order", async () => {
  const { stream, subscription } = await open();
  stream.wire.pause();
  const taken: number[] = [];
  const requests = [1, 2].map((each) => subscription.request({ revision: each }).then(() => taken.push(each)));
  await turn();
  expect([taken, stream.calls]).toEqual([[], ["request"]]);
  stream.wire.resume();
  await Promise.all(requests);
  expect([taken, stream.calls]).toEqual([
    [1, 2],
    ["request", "request", "request"],
  ]);
});

test("an end is told after what waits, and once", async () => {
  const { sink, stream, subscription, closed } = await open();
  sink.room = 1;
  stream.write("a b");
  stream.wire.fail(new Refusal("TAKEN_OVER", "another one"));
  stream.wire.end();
  expect(stream.write("too late")).toBe(true);
  sink.room = 9;
  subscription.flush();
  const error = { reason: "TAKEN_OVER", message: "another one", retryable: false };
  expect(sink.told).toEqual(["a", "b", { ended: { error } }]);
  expect(closed).toEqual([subscription.id]);
  await expect(subscription.request({})).rejects.toThrow("has ended");
});

test("a client's own end leaves out what waits", async () => {
  const { sink, stream, subscription, closed } = await open();
  sink.room = 1;
  stream.write("a b");
  subscription.stop();
  sink.room = 9;
  subscription.flush();
  expect([sink.told, closed.length, stream.calls.at(-1)]).toEqual([["a", { ended: {} }], 1, "closed"]);
});

test("a drain is told, then what waits, then the end", async () => {
  const { sink, stream, subscription } = await open();
  sink.room = 1;
  let more = 2;
  const write = () => void (more-- > 0 && stream.write("more", write));
  stream.write("a b", write);
  subscription.drain();
  await turn();
  sink.room = 99;
  subscription.flush();
  await turn();
  await turn();
  await turn();
  expect(sink.told).toEqual(["a", "b", "draining", "more", "more", { ended: {} }]);
});

test("what cannot be shown ends it as a fault, without its cause", async () => {
  const { sink, stream } = await open();
  stream.write("a broken b");
  expect(sink.told).toEqual(["a", { ended: { error: expect.objectContaining({ reason: "INTERNAL" }) } }]);
  expect(JSON.stringify(sink.told)).not.toContain("secret");
});

test("when nobody listens any more the stream is closed, and nothing is told", async () => {
  const { sink, stream, subscription, closed } = await open();
  sink.room = 0;
  stream.write("a");
  subscription.abandon();
  subscription.abandon();
  sink.room = 9;
  subscription.flush();
  expect([sink.told, closed.length, stream.wire.writable]).toEqual([[], 1, false]);
});
