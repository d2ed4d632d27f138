// Whatever a publisher sends, its own stream or message is refused, with a reason; everybody else goes on.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Reason } from "../../gateway/src/gen/berrymq/v1/error.ts";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient, type RawStream } from "./raw-client.ts";
import { answers, batch, batches, field, following, heard, residentMiB } from "./requests.ts";

const MIB = 1024 * 1024;
let gateway: Gateway;
let client: RawClient;
let witness: RawClient;
let follower: RawStream;
let neighbour: RawStream;
let memory: number;

beforeAll(async () => {
  gateway = await Gateway.start();
  [client, witness] = [new RawClient(gateway.url), new RawClient(gateway.url)];
  follower = await following(witness.stream("FollowerService/Follow"), "*");
  neighbour = client.stream("PublisherService/PublishBatches");
  memory = residentMiB(gateway.pid);
});
afterAll(async () => {
  for (const each of [client, witness]) each.close();
  expect(await gateway.stop()).toBe(0);
});

let probes = 0;
/** A second stream of the same connection and a second connection go on, and the gateway keeps its size. */
afterEach(async () => {
  const identifiers = [`probe:${probes++}`, `probe:${probes++}`];
  await neighbour.write(batches(batch({ identifier: identifiers[0]! })));
  await witness.unary("PublisherService/Publish", batches(batch({ identifier: identifiers[1]! })).subarray(2));
  await until("everybody goes on", () =>
    identifiers.every((each) => heard(follower).some(({ identifier }) => identifier === each)),
  );
  expect(neighbour.ended).toBe(false);
  expect(residentMiB(gateway.pid) - memory).toBeLessThan(250);
});

const stream = () => client.stream("PublisherService/PublishBatches");
const good = batch({ identifier: "bad:never" });
const entry = (...bytes: number[]) => field(1, Buffer.from(bytes));

describe("a batch that is not well-formed ends its stream, and nothing of it is delivered", () => {
  test.each<[string, Buffer]>([
    ["a length beyond the batch", Buffer.concat([good, Buffer.of(0x0a, 0x7f, 0x00)])],
    ["a wrong wire type", Buffer.concat([good, entry(0x10, 0x01)])],
    ["field 0", Buffer.concat([good, entry(0x00, 0x00)])],
    ["an id that is not UTF-8", Buffer.concat([good, entry(0x0a, 0x02, 0xc3, 0x28)])],
    ["an attribute that is not UTF-8", Buffer.concat([good, entry(0x2a, 0x04, 0x0a, 0x02, 0xc3, 0x28)])],
    ["groups in groups", Buffer.concat([good, entry(...Array(5000).fill(0x6b))])],
    ["a varint without an end", Buffer.concat([good, entry(0x30, ...Array(11).fill(0xff))])],
    ["something else than messages", Buffer.concat([good, field(2, Buffer.from("x"))])],
    [
      "too many attributes",
      batch({ attributes: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`${i}`, ""])) }),
    ],
    ["an id of 129 bytes", batch({ id: "x".repeat(129) })],
  ])("%s", async (_what, bytes) => {
    const bad = stream();
    await bad.write(batches(bytes));
    expect(await bad.end()).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "MALFORMED_MESSAGE",
      domain: "berrymq",
      retryable: "false",
    });
    expect(heard(follower).some(({ identifier }) => identifier === "bad:never")).toBe(false);
  });

  test("a request whose own fields are not well-formed", async () => {
    const bad = stream();
    await bad.write(Buffer.of(0x12, 0x01, 0x00));
    expect(await bad.end()).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_MESSAGE" });
  });

  test("an empty batch, and no batch at all", async () => {
    for (const request of [batches(Buffer.alloc(0)), Buffer.alloc(0)]) {
      const bad = stream();
      await bad.write(request);
      expect(await bad.end()).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_ARGUMENT" });
    }
  });

  test("what was published before is answered still", async () => {
    const bad = stream();
    await bad.write(batches(batch({}, {})));
    await bad.write(batches(Buffer.of(0x0a, 0x7f)));
    expect(await bad.end()).toMatchObject({ reason: "MALFORMED_MESSAGE" });
    expect(answers(bad)).toMatchObject({ through: 2, accepted: 2 });
  });
});

describe("a message that is refused is refused alone", () => {
  test.each<[string, Parameters<typeof batch>[0], Reason]>([
    ["an invalid identifier", { identifier: "te*t:run" }, Reason.REASON_INVALID_IDENTIFIER],
    ["no identifier", { identifier: "" }, Reason.REASON_INVALID_IDENTIFIER],
    ["an identifier of 1 MiB", { identifier: "x".repeat(MIB) }, Reason.REASON_INVALID_IDENTIFIER],
    ["the system's name", { identifier: "berrymq:connect" }, Reason.REASON_RESERVED_IDENTIFIER],
    ["a message above 4 MiB", { payload: Buffer.alloc(4 * MIB) }, Reason.REASON_MESSAGE_TOO_LARGE],
    ["too many hops", { hops: 101 }, Reason.REASON_HOP_LIMIT],
  ])("%s", async (_what, fields, reason) => {
    const bad = stream();
    await bad.write(batches(batch({ identifier: "ok:1" }, fields, { identifier: "ok:2" })));
    await bad.response(1);
    expect(answers(bad)).toMatchObject({ through: 3, accepted: 2 });
    expect(answers(bad).refused).toMatchObject([{ firstSequence: 2n, count: 1, error: { reason, retryable: false } }]);
    expect(bad.ended).toBe(false);
    bad.call.end();
  });

  test("an identifier that is not UTF-8", async () => {
    const bad = stream();
    const bytes = entry(0x0a, 0x01, 0x69, 0x12, 0x05, 0x61, 0xff, 0xfe, 0x3a, 0x62);
    await bad.write(batches(Buffer.concat([batch({}), bytes, batch({})])));
    await bad.response(1);
    expect(answers(bad).refused).toMatchObject([
      { firstSequence: 2n, error: { reason: Reason.REASON_INVALID_IDENTIFIER } },
    ]);
    bad.call.end();
  });

  test("what is unary is refused with the same reasons", async () => {
    const publish = (bytes: Buffer) => client.refusal("PublisherService/Publish", bytes);
    expect(await publish(batch({ identifier: "te*t:x" }))).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_IDENTIFIER",
    });
    expect(await publish(batch({ identifier: "berrymq" }))).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "RESERVED_IDENTIFIER",
    });
    expect(await publish(Buffer.of(0x0a, 0x7f))).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "MALFORMED_MESSAGE",
    });
    expect(await publish(batch({}, {}))).toMatchObject({ reason: "INVALID_ARGUMENT" });
    expect(await publish(Buffer.alloc(0))).toMatchObject({ reason: "INVALID_ARGUMENT" });
    for (const size of [5 * MIB, 9 * MIB]) {
      const refused = await publish(batch({ payload: Buffer.alloc(size) }));
      expect(refused).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "MESSAGE_TOO_LARGE" });
    }
  });
});

describe("what is too large as a whole ends its stream", () => {
  test("a batch of too many messages", async () => {
    const bad = stream();
    await bad.write(batches(batch(...Array.from({ length: 4097 }, () => ({ identifier: "bad:never" })))));
    expect(await bad.end()).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "BATCH_TOO_LARGE" });
    expect(heard(follower).some(({ identifier }) => identifier === "bad:never")).toBe(false);
  });

  test("a batch of too many bytes", async () => {
    const bad = stream();
    const payload = Buffer.alloc(3 * MIB);
    await bad.write(batches(batch({ payload }, { payload }, { payload })));
    expect(await bad.end()).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "BATCH_TOO_LARGE" });
  });

  test("a frame above 16 MiB", async () => {
    const bad = stream();
    await bad.write(batches(batch({ payload: Buffer.alloc(17 * MIB) })));
    expect(await bad.end()).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  });
});

describe("numbers that cannot be", () => {
  test.each([2n ** 64n - 1n, 2n ** 63n, 2n ** 53n])("a first_sequence of %d ends the stream", async (first) => {
    const bad = client.stream("PublisherService/PublishBatches", { "berrymq-session": `s-${first}` });
    const number = Buffer.alloc(11);
    let [rest, length] = [first, 1];
    number[0] = 0x10;
    for (; rest >= 0x80n; rest >>= 7n) number[length++] = Number(rest & 0x7fn) | 0x80;
    number[length++] = Number(rest);
    await bad.write(Buffer.concat([batches(batch({})), number.subarray(0, length)]));
    expect(await bad.end()).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_ARGUMENT" });
  });

  test("a gap in the sequence ends the stream", async () => {
    const bad = client.stream("PublisherService/PublishBatches", { "berrymq-session": "gap" });
    await bad.write(Buffer.concat([batches(batch({})), Buffer.of(0x10, 1)]));
    await bad.write(Buffer.concat([batches(batch({})), Buffer.of(0x10, 9)]));
    expect(await bad.end()).toMatchObject({
      reason: "INVALID_ARGUMENT",
      message: expect.stringContaining("9 after 1"),
    });
  });

  test("negative times are times before the epoch: nobody hears what expired then", async () => {
    const ok = stream();
    await ok.write(batches(batch({ identifier: "old:1", expiresAt: -5n }, { identifier: "old:2", publishedAt: -5n })));
    await until("the second is heard", () => heard(follower).some(({ identifier }) => identifier === "old:2"));
    expect(heard(follower).some(({ identifier }) => identifier === "old:1")).toBe(false);
    ok.call.end();
  });

  test("a session name that is too long", async () => {
    const bad = client.stream("PublisherService/PublishBatches", { "berrymq-session": "x".repeat(129) });
    expect(await bad.end()).toMatchObject({
      reason: "INVALID_ARGUMENT",
      message: expect.stringContaining("129 bytes"),
    });
  });
});
