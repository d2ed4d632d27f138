// SIGTERM with everybody connected: each is told, what was accepted is answered, leases go back, and the process ends with 0.

import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FollowResponse } from "../../gateway/src/gen/berrymq/v1/follower_service.ts";
import { Queue } from "../../gateway/src/gen/berrymq/v1/queue.ts";
import * as contract from "../../gateway/src/gen/berrymq/v1/queue_service.ts";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient, type RawStream } from "./raw-client.ts";
import { answers, batch, batches, following } from "./requests.ts";

let gateway: Gateway;
let client: RawClient;
beforeEach(async () => {
  gateway = await Gateway.start();
  client = new RawClient(gateway.url);
});
afterEach(async () => {
  client.close();
  await gateway.kill();
});

const drainedFollower = (stream: RawStream) =>
  stream.responses.some((response) => FollowResponse.decode(response).drain !== undefined);
const consumed = (stream: RawStream) => stream.responses.map((response) => contract.ConsumeResponse.decode(response));

async function consuming(name: string): Promise<RawStream> {
  const queue = Queue.fromPartial({ name });
  await client.unary("QueueService/Create", contract.CreateRequest.encode({ queue }).finish());
  const stream = client.stream("QueueService/Consume");
  await stream.write(contract.ConsumeRequest.encode(contract.ConsumeRequest.fromPartial({ queue: name })).finish());
  return stream;
}

test("every stream is told, everything accepted is answered, and streams that end let it end at once", async () => {
  const follower = await following(client.stream("FollowerService/Follow"), "*");
  const consumer = await consuming("q");
  const publisher = client.stream("PublisherService/PublishBatches");
  const sent = 200;
  for (let i = 0; i < sent; i++) await publisher.write(batches(batch(...Array(50).fill({ identifier: "load:x" }))));
  await until("it is answered first", () => publisher.responses.length > 0);
  const stopped = gateway.stop();
  const began = performance.now();
  await until(
    "all are told",
    () => answers(publisher).drained && drainedFollower(follower) && consumed(consumer).some(({ drain }) => drain),
  );
  publisher.call.end();
  await publisher.end();
  expect(answers(publisher)).toMatchObject({ through: sent * 50, accepted: sent * 50, refused: [] });
  expect(publisher.refused).toBeUndefined();
  for (const stream of [follower, consumer]) stream.call.cancel();
  expect(await stopped).toBe(0);
  expect(performance.now() - began).toBeLessThan(4000);
});

test("a stream that does not end, and half a connection, hold it no longer than the limit", async () => {
  await following(client.stream("FollowerService/Follow"), "*");
  const half = connect(gateway.port, "127.0.0.1");
  half.on("error", () => {}); // reset at the end
  await once(half, "connect");
  half.write("PRI * HTT");
  const began = performance.now();
  expect(await gateway.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(8000);
}, 15_000);

test("a Get that waits is told that the gateway stops", async () => {
  await consuming("q").then((stream) => stream.call.cancel());
  const request = contract.GetRequest.fromPartial({ queue: "q", wait: { seconds: 60n } });
  const got = client.refusal("QueueService/Get", contract.GetRequest.encode(request).finish());
  await until("it waits", async () => {
    const describe = contract.DescribeRequest.encode({ queue: "q" }).finish();
    const { status } = contract.DescribeResponse.decode(await client.unary("QueueService/Describe", describe));
    return status!.consumers === 1;
  });
  const stopped = gateway.stop();
  expect(await got).toMatchObject({ code: "UNAVAILABLE", reason: "DRAINING", retryable: "true" });
  expect(await stopped).toBe(0);
});

test("no new connection is taken while it drains", async () => {
  const follower = await following(client.stream("FollowerService/Follow"), "*");
  const stopped = gateway.stop();
  await until("it drains", () => drainedFollower(follower));
  const late = connect(gateway.port, "127.0.0.1");
  const [error] = await once(late, "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  follower.call.cancel();
  expect(await stopped).toBe(0);
});
