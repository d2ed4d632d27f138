// Consumers hold messages when the gateway ends, drained or killed: whatever they had not settled is there again at once, uncounted, in its old
// order; and what they say of their old leases afterwards harms nobody.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Reason } from "../../gateway/src/gen/berrymq/v1/error.ts";
import {
  type DeepPartial,
  type Delivery,
  type Outcome,
  Queue,
  type Settlement,
} from "../../gateway/src/gen/berrymq/v1/queue.ts";
import * as contract from "../../gateway/src/gen/berrymq/v1/queue_service.ts";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient, type RawStream } from "./raw-client.ts";
import { batch, batches } from "./requests.ts";

vi.setConfig({ testTimeout: 30_000 });

const COUNT = 40;
let data: string;
let gateway: Gateway;
let client: RawClient;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "berrymq-leases-"));
  gateway = await Gateway.start({ data });
  client = new RawClient(gateway.url);
});
afterEach(async () => {
  client.close();
  await gateway.stop();
  rmSync(data, { recursive: true, force: true });
});

const idOf = ({ message }: Delivery) => message!.id;
const consumed = (stream: RawStream) =>
  stream.responses.flatMap((response) => contract.ConsumeResponse.decode(response).deliveries);
const drained = (stream: RawStream) =>
  stream.responses.some((response) => contract.ConsumeResponse.decode(response).drain !== undefined);

async function get(max: number): Promise<Delivery[]> {
  const request = contract.GetRequest.fromPartial({ queue: "q", max });
  return contract.GetResponse.decode(
    await client.unary("QueueService/Get", contract.GetRequest.encode(request).finish()),
  ).deliveries;
}

async function consume(max: number, fields: DeepPartial<contract.ConsumeRequest>): Promise<RawStream> {
  const stream = client.stream("QueueService/Consume");
  const request = contract.ConsumeRequest.fromPartial({ queue: "q", ...fields });
  await stream.write(contract.ConsumeRequest.encode(request).finish());
  await until(`it has ${max}`, () => consumed(stream).length === max);
  return stream;
}

/** Whether it was done, or what it was refused with. */
const told = ({ error }: Outcome) => (error === undefined ? "done" : Reason[error.reason].replace("REASON_", ""));

/** Settles, and tells what became of each. */
async function settle(...settlements: DeepPartial<Settlement>[]): Promise<string[]> {
  const request = contract.SettleRequest.fromPartial({ queue: "q", settlements });
  const answer = await client.unary("QueueService/Settle", contract.SettleRequest.encode(request).finish());
  const { outcomes } = contract.SettleResponse.decode(answer);
  return outcomes.map(told);
}
const ack = ({ leaseId }: Delivery) => ({ leaseId, verdict: { $case: "ack", value: {} } }) as const;
const release = ({ leaseId }: Delivery) => ({ leaseId, verdict: { $case: "release", value: {} } }) as const;
const retry = ({ leaseId }: Delivery) => ({ leaseId, verdict: { $case: "retry", value: {} } }) as const;
const reject = ({ leaseId }: Delivery) => ({ leaseId, verdict: { $case: "reject", value: { why: "late" } } }) as const;

/** A queue of which three consumers hold a part, and nobody the rest. The leases are far longer than the test. */
async function held() {
  const queue = Queue.fromPartial({ name: "q", patterns: ["lease:*"], lease: { seconds: 600n }, maxAttempts: 2 });
  await client.unary("QueueService/Create", contract.CreateRequest.encode({ queue }).finish());
  const ids = Array.from({ length: COUNT }, (_, number) => `m-${String(number).padStart(2, "0")}`);
  const publisher = client.stream("PublisherService/PublishBatches");
  await publisher.write(batches(batch(...ids.map((id) => ({ id, identifier: "lease:x" })))));
  await publisher.response(1);
  publisher.call.end();
  await publisher.end();
  const got = await get(10);
  const withCredit = await consume(10, { credit: 10 });
  await settle(ack(got[3]!));
  const renewing = await consume(COUNT - 20, {});
  const unsettled = ids.filter((id) => id !== idOf(got[3]!));
  return { got, streams: [withCredit, renewing], unsettled };
}

async function startAgain(): Promise<void> {
  client.close();
  gateway = await Gateway.start({ data, port: gateway.port });
  client = new RawClient(gateway.url);
}

async function drain(streams: readonly RawStream[]): Promise<void> {
  const stopped = gateway.stop();
  await until("all are told", () => streams.every(drained));
  for (const { call } of streams) call.cancel();
  expect(await stopped).toBe(0);
}

describe.each([
  ["drained", drain],
  ["killed", () => gateway.kill()],
])("a gateway that is %s and started again", (_, end) => {
  test("has everything that was not settled at once, uncounted, in its old order", async () => {
    const { streams, unsettled } = await held();
    await end(streams);
    await startAgain();
    const again = await get(COUNT);
    expect(again.map(idOf)).toEqual(unsettled);
    expect(again.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  test("answers LEASE_LOST to whoever had a message that somebody else has now, and leaves it to him", async () => {
    const { got, streams, unsettled } = await held();
    const old = [...got.filter((_, index) => index !== 3), ...streams.flatMap(consumed)];
    await end(streams);
    await startAgain();
    const again = await get(COUNT);
    const verdicts = [ack, release, retry, reject];
    const late = await settle(...old.map((delivery, index) => verdicts[index % verdicts.length]!(delivery)));
    expect(new Set(late)).toEqual(new Set(["LEASE_LOST"]));
    const leases = contract.ExtendRequest.fromPartial({ queue: "q", leaseIds: old.map(({ leaseId }) => leaseId) });
    const extended = await client.unary("QueueService/Extend", contract.ExtendRequest.encode(leases).finish());
    const { outcomes } = contract.ExtendResponse.decode(extended);
    expect(new Set(outcomes.map(told))).toEqual(new Set(["LEASE_LOST"]));
    expect(await settle(...again.map(ack))).toEqual(unsettled.map(() => "done"));
    expect(await get(COUNT)).toEqual([]);
  });

  test("takes the word of whoever has done the work, while nobody else has the message", async () => {
    const { got, streams, unsettled } = await held();
    await end(streams);
    await startAgain();
    expect(await settle(ack(got[0]!), retry(got[1]!), reject(got[2]!))).toEqual(["done", "LEASE_LOST", "LEASE_LOST"]);
    expect((await get(COUNT)).map(idOf)).toEqual(unsettled.filter((id) => id !== idOf(got[0]!)));
  });
});

test("while it drains, a verdict on what it took back is LEASE_LOST: nobody is told that a message is done which comes again", async () => {
  const { streams, unsettled } = await held();
  const [withCredit, renewing] = streams as [RawStream, RawStream];
  const stopped = gateway.stop();
  await until("all are told", () => streams.every(drained));
  const late = contract.ConsumeRequest.fromPartial({ settlements: consumed(withCredit).map(ack) });
  await withCredit.write(contract.ConsumeRequest.encode(late).finish());
  const outcomes = () => withCredit.responses.flatMap((response) => contract.ConsumeResponse.decode(response).outcomes);
  await until("they are answered", () => outcomes().length === 10);
  expect(new Set(outcomes().map(told))).toEqual(new Set(["LEASE_LOST"]));
  for (const { call } of [withCredit, renewing]) call.cancel();
  expect(await stopped).toBe(0);
  await startAgain();
  expect((await get(COUNT)).map(idOf)).toEqual(unsettled);
});
