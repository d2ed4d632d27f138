// A client that goes away while it waits loses nothing; a drain answers whoever waits.
import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { TestClient } from "../../../testing/http.js";

let gateway: TestGateway;
let client: TestClient;
let queue: string;
let made = 0;

beforeAll(async () => {
  gateway = await TestGateway.open();
  client = new TestClient(gateway.port);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  queue = `q${made++}`;
  await client.put(`/v1/queues/${queue}`);
});

const status = async () => (await client.get(`/v1/queues/${queue}`)).json.status;
const publish = () => client.send("POST", `/v1/messages/${queue}:x`, "hello");

async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 10 }).toBe(true);
}

function waiting(fields: object): ClientRequest {
  const headers = { "content-type": "application/json" };
  const call = request({
    port: gateway.port,
    host: "127.0.0.1",
    path: `/v1/queues/${queue}/get`,
    method: "POST",
    headers,
  });
  call.on("error", () => {}); // it is cut off
  call.end(JSON.stringify(fields));
  return call;
}

test.each([false, true])("while it waits, it is forgotten (auto_ack %s)", async (autoAck) => {
  for (let i = 0; i < 10; i++) {
    const call = waiting({ wait: 60, auto_ack: autoAck });
    await until(async () => (await status()).consumers === 1);
    call.destroy();
    await until(async () => (await status()).consumers === 0);
  }
  await publish();
  expect(await status()).toMatchObject({ ready: 1, leased: 0 });
});

test("as it is served, what it was leased comes again", async () => {
  for (let i = 0; i < 10; i++) {
    const call = waiting({ wait: 60, lease: 0.1 });
    await until(async () => {
      const { consumers, leased } = await status();
      return consumers === 1 || leased > 0;
    });
    const published = publish();
    call.destroy();
    await published;
  }
  await until(async () => (await status()).ready === 10);
});

test("a drain tells whoever waits to come again, and ends in time", async () => {
  const other = await TestGateway.open({ drainSeconds: 600 });
  const there = new TestClient(other.port);
  await there.put("/v1/queues/q");
  const asked = there.post("/v1/queues/q/get", { wait: 60 });
  await until(async () => (await there.get("/v1/queues/q")).json.status.consumers === 1);
  await other.close();
  const answer = await asked;
  expect(answer).toMatchObject({ status: 503, json: { reason: "DRAINING", retryable: true } });
  expect(answer.headers.get("retry-after")).toBe("1");
});

test("one that sends half a body and waits harms nobody", async () => {
  const call = request({
    port: gateway.port,
    host: "127.0.0.1",
    path: `/v1/messages/${queue}:x`,
    method: "POST",
    headers: { "content-length": 100 },
  });
  call.on("error", () => {});
  call.write("half");
  await once(call, "socket");
  expect((await publish()).status).toBe(200);
  call.destroy();
  expect(await status()).toMatchObject({ ready: 1 });
});
