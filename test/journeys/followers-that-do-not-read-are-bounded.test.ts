// A follower that reads nothing, and one that gives no credit, cost a bounded buffer: everybody else hears everything.
import { afterAll, beforeAll, expect, test } from "vitest";
import { FollowResponse } from "../../gateway/src/gen/berrymq/v1/follower_service.ts";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { RawClient, type RawStream } from "./raw-client.ts";
import { batch, batches, follow, following, heard, residentMiB } from "./requests.ts";

const MIB = 1024 * 1024;
const BATCH_MESSAGES = 16;
const PAYLOAD = Buffer.alloc(64 * 1024);
const BATCHES = 1024;
/** Batches that the one who reads may be behind: half of its buffer. */
const AHEAD = 16;

let gateway: Gateway;
const clients: RawClient[] = [];

beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(async () => {
  for (const client of clients) client.close();
  expect(await gateway.stop()).toBe(0);
});

function stream(call: string): RawStream {
  const client = new RawClient(gateway.url);
  clients.push(client);
  return client.stream(call);
}

test("1 GiB is heard whole by who reads, while others read nothing or give no credit", async () => {
  const frozen = await following(stream("FollowerService/Follow"), "load:*");
  frozen.freeze();
  const poor = stream("FollowerService/Follow");
  await poor.write(follow({ add: [{ pattern: "load:*" }], credit: 0n, revision: 1n }));
  await poor.response(1);
  const reader = await following(stream("FollowerService/Follow"), "load:*");
  let [messages, bytes] = [0, 0];
  reader.call.removeAllListeners("data");
  reader.call.on("data", (response: Buffer) => {
    bytes += response.length;
    messages += FollowResponse.decode(response).batch?.messages.length ?? 0;
  });

  const publisher = stream("PublisherService/PublishBatches");
  const load = batches(
    batch(...Array.from({ length: BATCH_MESSAGES }, () => ({ identifier: "load:x", payload: PAYLOAD }))),
  );
  const before = residentMiB(gateway.pid);
  let most = before;
  for (let sent = 0; sent < BATCHES; sent++) {
    await until("the reader follows", () => messages >= (sent - AHEAD) * BATCH_MESSAGES, 20);
    await publisher.write(load);
    if (sent % 32 === 0) most = Math.max(most, residentMiB(gateway.pid));
  }
  await until("everything is heard", () => messages === BATCHES * BATCH_MESSAGES, 20);
  expect(bytes).toBeGreaterThan(1024 * MIB);
  // Three buffers of 32 MiB, what is under way, and what is not collected yet.
  expect(most - before).toBeLessThan(400);

  await poor.write(follow({ credit: BigInt(MIB), revision: 2n }));
  await until("the poor one hears what it lost", () => heard(poor).length > 0);
  const [lag, ...rest] = heard(poor);
  expect(lag!.identifier).toBe("berrymq:lag");
  const { dropped } = JSON.parse(lag!.payload.toString()).kwargs;
  expect(dropped).toBeGreaterThan(15_000);
  expect(dropped).toBeLessThan(BATCHES * BATCH_MESSAGES);
  expect(rest.every(({ identifier }) => identifier === "load:x")).toBe(true);
}, 60_000);
