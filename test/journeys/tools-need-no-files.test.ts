// Reflection and health are enough for a tool that has never seen the contract.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { root, run } from "../support/programs.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(async () => {
  expect(await gateway.stop()).toBe(0);
});

async function curl(path: string, ...parameters: string[]): Promise<string> {
  const command = [join(root, "node_modules/.bin/buf"), "curl", "--http2-prior-knowledge", "--protocol", "grpc"];
  const { exitCode, stdout, stderr } = await run([...command, ...parameters, `http://${gateway.url}${path}`]);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

test("every service is listed", async () => {
  const services = (await curl("", "--list-services")).trim().split("\n");
  for (const name of ["Publisher", "Follower", "Queue", "Talk"])
    expect(services).toContain(`berrymq.v1.${name}Service`);
  expect(services).toContain("grpc.health.v1.Health");
});

test("a message is published, and a queue is made, without a file", async () => {
  const published = await curl("/berrymq.v1.PublisherService/Publish", "--data", '{"message": {"identifier": "a:b"}}');
  expect(JSON.parse(published)).toMatchObject({ id: expect.any(String) });
  const created = await curl("/berrymq.v1.QueueService/Create", "--data", '{"queue": {"name": "q"}}');
  expect(JSON.parse(created)).toMatchObject({ created: true, queue: { name: "q", lease: "30s" } });
});

test("every call of every service can be described", async () => {
  const methods = (await curl("", "--list-methods")).trim().split("\n");
  expect(methods.length).toBeGreaterThan(15);
  expect(methods).toContain("berrymq.v1.QueueService/Consume");
});

test("health is told", async () => {
  expect(JSON.parse(await curl("/grpc.health.v1.Health/Check", "--data", "{}"))).toEqual({ status: "SERVING" });
  const one = '{"service": "berrymq.v1.QueueService"}';
  expect(JSON.parse(await curl("/grpc.health.v1.Health/Check", "--data", one))).toEqual({ status: "SERVING" });
});

test("a refusal is shown with its reason", async () => {
  const call = curl("/berrymq.v1.QueueService/Peek", "--data", '{"queue": "none"}');
  await expect(call).rejects.toThrow(/not_found[\s\S]*there is no queue/);
});
