// The HTTP/1.1 door.
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open();
});
afterAll(() => gateway.close());

const ask = (path: string, method = "GET") => fetch(`http://127.0.0.1:${gateway.port}${path}`, { method });

test("the front page tells who is there", async () => {
  const response = await ask("/");
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ name: "berryMQ", engine: "memory", version: expect.any(String) });
});

test("health is ok, and its head is, too", async () => {
  expect(await (await ask("/healthz")).json()).toEqual({ status: "ok" });
  const head = await ask("/healthz", "HEAD");
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("what there is not is 404, as a problem that names the path", async () => {
  const response = await ask("/nothing");
  expect([response.status, response.headers.get("content-type")]).toEqual([
    404,
    expect.stringContaining("application/problem+json"),
  ]);
  expect(await response.json()).toMatchObject({ status: 404, detail: "there is nothing at /nothing" });
});

test.each(["/", "/healthz"])("%s does not take PUT", async (path) => {
  const response = await ask(path, "PUT");
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("a path that cannot be decoded is the client's fault", async () => {
  const response = await ask("/%ff");
  expect([404, 400]).toContain(response.status);
  expect(await response.text()).not.toMatch(/\\n *at /);
});

test("nothing tells which software stands behind it", async () => {
  expect((await ask("/")).headers.get("x-powered-by")).toBeNull();
});

test("headers that never end are answered 408 and closed", async () => {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  await once(socket, "close");
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
}, 15_000);
