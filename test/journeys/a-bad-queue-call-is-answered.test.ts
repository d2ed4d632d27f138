// Whatever is asked of queues that cannot be, the answer names what is wrong; a client that goes away loses nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DeepPartial, Queue } from "../../gateway/src/gen/berrymq/v1/queue.ts";
import * as contract from "../../gateway/src/gen/berrymq/v1/queue_service.ts";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient } from "./raw-client.ts";
import { batch } from "./requests.ts";

let gateway: Gateway;
let client: RawClient;
let name: string;
let made = 0;

beforeAll(async () => {
  gateway = await Gateway.start();
  client = new RawClient(gateway.url);
});
afterAll(async () => {
  client.close();
  expect(await gateway.stop()).toBe(0);
});
beforeEach(async () => {
  name = `q${made++}`;
  await client.unary("QueueService/Create", create({ name }));
});

const create = (queue: DeepPartial<Queue>) =>
  contract.CreateRequest.encode(contract.CreateRequest.fromPartial({ queue })).finish();
const getting = (fields: DeepPartial<contract.GetRequest>) =>
  contract.GetRequest.encode(contract.GetRequest.fromPartial({ queue: name, ...fields })).finish();
const get = async (fields: DeepPartial<contract.GetRequest> = {}) =>
  contract.GetResponse.decode(await client.unary("QueueService/Get", getting(fields))).deliveries;
const settling = (...settlements: DeepPartial<contract.SettleRequest>["settlements"] & object) =>
  contract.SettleRequest.encode(contract.SettleRequest.fromPartial({ queue: name, settlements })).finish();
const settle = async (...settlements: Parameters<typeof settling>) =>
  contract.SettleResponse.decode(await client.unary("QueueService/Settle", settling(...settlements))).outcomes;
const status = async () => {
  const request = contract.DescribeRequest.encode({ queue: name }).finish();
  const { queue, status } = contract.DescribeResponse.decode(await client.unary("QueueService/Describe", request));
  expect(queue?.name).toBe(name);
  return status!;
};
const publish = () => client.unary("PublisherService/Publish", batch({ identifier: `${name}:x` }));

describe("an unknown queue", () => {
  const queue = "nobody's";
  test.each<[string, Uint8Array]>([
    ["Get", contract.GetRequest.encode(contract.GetRequest.fromPartial({ queue })).finish()],
    ["Settle", contract.SettleRequest.encode({ queue, settlements: [{ leaseId: "l", verdict: undefined }] }).finish()],
    ["Extend", contract.ExtendRequest.encode({ queue, leaseIds: ["l"], lease: undefined }).finish()],
    ["Describe", contract.DescribeRequest.encode({ queue }).finish()],
    ["Purge", contract.PurgeRequest.encode({ queue }).finish()],
    ["Delete", contract.DeleteRequest.encode({ queue }).finish()],
    ["Pause", contract.PauseRequest.encode({ queue }).finish()],
    ["Resume", contract.ResumeRequest.encode({ queue }).finish()],
    ["Peek", contract.PeekRequest.encode({ queue, max: 1 }).finish()],
  ])("%s says so", async (call, request) => {
    expect(await client.refusal(`QueueService/${call}`, request)).toEqual({
      code: "NOT_FOUND",
      message: expect.stringContaining(`"${queue}"`),
      reason: "QUEUE_NOT_FOUND",
      domain: "berrymq",
      retryable: "false",
    });
  });

  test("Consume says so", async () => {
    const stream = client.stream("QueueService/Consume");
    await stream.write(contract.ConsumeRequest.encode(contract.ConsumeRequest.fromPartial({ queue })).finish());
    expect(await stream.end()).toMatchObject({ code: "NOT_FOUND", reason: "QUEUE_NOT_FOUND" });
  });

  test("a name of 1 MiB is not sent back whole", async () => {
    const request = contract.DescribeRequest.encode({ queue: "x".repeat(1024 * 1024) }).finish();
    const { reason, message } = await client.refusal("QueueService/Describe", request);
    expect(reason).toBe("QUEUE_NOT_FOUND");
    expect(message.length).toBeLessThan(1000);
  });
});

describe("what cannot be", () => {
  test.each<[string, DeepPartial<Queue>, string]>([
    ["a lease below 0", { lease: { seconds: -1n } }, "lease: -1 s"],
    ["a lease of more than 12 h", { lease: { seconds: 43_201n } }, "lease: 43201 s"],
    ["a lease beyond counting", { lease: { seconds: 2n ** 63n - 1n, nanos: 2 ** 31 - 1 } }, "lease"],
    ["an overflow that there is not", { overflow: 77 as never }, "overflow: 77"],
    ["an overflow below 0", { overflow: -1 as never }, "overflow: -1"],
    ["a backoff upside down", { backoff: { first: { seconds: 9n }, most: { seconds: 1n } } }, "backoff.most"],
    ["a number of messages beyond counting", { maxMessages: 2n ** 64n - 1n }, "max_messages"],
    ["no name", { name: "" }, "queue name"],
  ])("Create refuses %s, naming it", async (_what, queue, shown) => {
    const refused = await client.refusal("QueueService/Create", create({ name: "bad", ...queue }));
    expect(refused).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_ARGUMENT" });
    expect(refused.message).toContain(shown);
  });

  test("Create refuses no queue, a bad pattern, other options, and a standalone queue of nobody", async () => {
    const refusal = (request: Uint8Array) => client.refusal("QueueService/Create", request);
    expect(await refusal(Buffer.alloc(0))).toMatchObject({ reason: "INVALID_ARGUMENT" });
    expect(await refusal(create({ name: "b", patterns: ["te*t:x"] }))).toMatchObject({ reason: "INVALID_IDENTIFIER" });
    expect(await refusal(create({ name, maxAttempts: 3 }))).toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "QUEUE_EXISTS",
    });
    expect(await refusal(create({ name: "b", standalone: true }))).toMatchObject({ reason: "INVALID_ARGUMENT" });
  });

  test.each<[string, DeepPartial<contract.GetRequest>, string]>([
    ["a wait below 0", { wait: { seconds: -1n } }, "wait: -1 s"],
    ["a wait of more than 5 min", { wait: { seconds: 301n } }, "wait: 301 s"],
    ["a lease of nothing", { lease: {} }, "lease: 0 s"],
    ["more than 1000 at once", { max: 1001 }, "max: 1001"],
    ["4294967295 at once", { max: 2 ** 32 - 1 }, "max: 4294967295"],
  ])("Get refuses %s, naming it", async (_what, fields, shown) => {
    const refused = await client.refusal("QueueService/Get", getting(fields));
    expect(refused).toMatchObject({ reason: "INVALID_ARGUMENT", message: expect.stringContaining(shown) });
  });

  test("Settle refuses no verdicts, no verdict, a delay and a reason beyond the limit", async () => {
    const refusal = async (request: Uint8Array) => (await client.refusal("QueueService/Settle", request)).message;
    expect(await refusal(settling())).toContain("settlements: at least one");
    expect(await refusal(settling({ leaseId: "l" }))).toContain("verdict: one of ack, release, retry, reject");
    const verdict = { $case: "retry" as const, value: { delay: { seconds: 3_000_000n } } };
    expect(await refusal(settling({ leaseId: "l", verdict }))).toContain("retry.delay: 3000000 s");
    const reject = { $case: "reject" as const, value: { why: "x".repeat(5000) } };
    expect(await refusal(settling({ leaseId: "l", verdict: reject }))).toContain("reject.why: 5000 bytes");
  });

  test("a request that is not well-formed is told so", async () => {
    const truncated = Buffer.of(0x7a, 0x7f, 0x00);
    for (const call of ["Create", "Get", "Settle", "Extend", "Describe", "List", "Purge", "Peek"]) {
      const refused = await client.refusal(`QueueService/${call}`, truncated);
      expect([call, refused.reason]).toEqual([call, "MALFORMED_MESSAGE"]);
    }
  });

  test("Consume that names no queue is told so", async () => {
    const stream = client.stream("QueueService/Consume");
    await stream.write(Buffer.alloc(0));
    expect(await stream.end()).toMatchObject({ reason: "INVALID_ARGUMENT" });
  });
});

describe("leases", () => {
  const ack = { $case: "ack" as const, value: {} };

  test("one that was settled may be settled again", async () => {
    await publish();
    const [delivery] = await get();
    const settlement = { leaseId: delivery!.leaseId, verdict: ack };
    for (let i = 0; i < 2; i++) expect((await settle(settlement))[0]!.error).toBeUndefined();
  });

  test("one that ran out is lost, and told so in its place", async () => {
    await publish();
    await publish();
    const [lost] = await get({ lease: { nanos: 100_000_000 } });
    await until("the lease runs out", async () => (await status()).leased === 0n);
    const [held] = await get();
    expect(held!.message!.id).toBe(lost!.message!.id);
    const outcomes = await settle({ leaseId: lost!.leaseId, verdict: ack }, { leaseId: held!.leaseId, verdict: ack });
    // Its own lapse settled it; another consumer's lease is untouched by it.
    expect(outcomes[1]!.error).toBeUndefined();
    expect((await status()).ready).toBe(1n);
  });

  test("one that never was is lost", async () => {
    const [outcome] = await settle({ leaseId: "never.was.1", verdict: ack });
    expect(outcome).toMatchObject({ leaseId: "never.was.1", error: { retryable: false } });
    expect(outcome!.error!.message).toContain("never.was.1");
  });
});

describe("a client that goes away", () => {
  test.each([false, true])("while its Get waits loses nothing (auto_ack %s)", async (autoAck) => {
    for (let i = 0; i < 20; i++) {
      const call = client.cancellable("QueueService/Get", getting({ wait: { seconds: 60n }, autoAck }));
      await until("the Get waits", async () => (await status()).consumers === 1);
      call.cancel();
      await until("the gateway knows that it is gone", async () => (await status()).consumers === 0);
    }
    await publish();
    expect(await status()).toMatchObject({ ready: 1n, leased: 0n });
  });

  test("as its Get is served loses nothing: what it was leased comes again", async () => {
    const lease = { nanos: 100_000_000 };
    for (let i = 0; i < 20; i++) {
      const call = client.cancellable("QueueService/Get", getting({ wait: { seconds: 60n }, lease }));
      await until("it waits, or is served", async () => {
        const { consumers, leased } = await status();
        return consumers === 1 || leased > 0n;
      });
      const published = publish();
      call.cancel();
      await published;
    }
    await until("all can be had", async () => (await status()).ready === 20n);
  });

  test("while it consumes gives back what it held, at its place, uncounted", async () => {
    for (let i = 0; i < 5; i++) await publish();
    const other = new RawClient(gateway.url);
    const stream = other.stream("QueueService/Consume");
    await stream.write(contract.ConsumeRequest.encode(contract.ConsumeRequest.fromPartial({ queue: name })).finish());
    await until("it holds all", async () => (await status()).leased === 5n);
    other.close();
    await until("all are given back", async () => (await status()).ready === 5n);
    expect((await get({ max: 5 })).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
  });
});
