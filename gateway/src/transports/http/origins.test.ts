// Web pages of other origins: refused unless configured, and then answered as the Fetch standard says.
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";

let closed: TestGateway;
let open: TestGateway;
beforeAll(async () => {
  closed = await TestGateway.open();
  open = await TestGateway.open({}, { origins: ["https://shop.example"] });
});
afterAll(() => Promise.all([closed.close(), open.close()]));

// fetch() forbids these headers, as a browser forbids them to a page.
function ask(gateway: TestGateway, method: string, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    const asking = request({ port: gateway.port, host: "127.0.0.1", method, path, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers }));
    });
    asking.on("error", reject);
    asking.end();
  });
}

const page = { origin: "https://shop.example" };

describe("with nothing configured", () => {
  test("a page of another origin is refused, and gets no CORS header", async () => {
    const { status, headers } = await ask(closed, "GET", "/", page);
    expect([status, headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  });

  test("a page of the gateway's own and a program are not", async () => {
    expect((await ask(closed, "GET", "/", { origin: `http://127.0.0.1:${closed.port}` })).status).toBe(200);
    expect((await ask(closed, "GET", "/", {})).status).toBe(200);
  });

  test("a picture on another site takes no message, and a link to the front page works", async () => {
    expect((await ask(closed, "GET", "/healthz", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await ask(closed, "GET", "/", { "sec-fetch-site": "cross-site" })).status).toBe(200);
  });

  test("an upgrade of another origin is refused with 403", async () => {
    const headers = { ...page, connection: "Upgrade", upgrade: "websocket" };
    expect((await ask(closed, "GET", "/rpc", headers)).status).toBe(403);
  });
});

describe("with an origin configured", () => {
  test("its preflight is answered 204", async () => {
    const asked = { "access-control-request-method": "PUT", "access-control-request-headers": "berrymq-session" };
    const { status, headers } = await ask(open, "OPTIONS", "/v1/queues/x", { ...page, ...asked });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": "https://shop.example",
      "access-control-allow-headers": "berrymq-session",
      vary: "Origin",
    });
  });

  test("its requests are answered with its name, others are refused", async () => {
    const allowed = await ask(open, "GET", "/", page);
    expect([allowed.status, allowed.headers["access-control-allow-origin"]]).toEqual([200, "https://shop.example"]);
    expect((await ask(open, "GET", "/", { origin: "https://other.example" })).status).toBe(403);
  });
});

test("every answer bears the name of its request", async () => {
  expect((await ask(closed, "GET", "/", { "x-request-id": "mine-1" })).headers["x-request-id"]).toBe("mine-1");
  expect((await ask(closed, "GET", "/", { "x-request-id": "x".repeat(200) })).headers["x-request-id"]).toMatch(
    /^[\w-]{36}$/,
  );
});
