// The receive windows that a real client sees.
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { raiseReceiveWindow } from "./window.js";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open();
});
afterAll(() => gateway.close());

test("a client may send 1 MiB ahead on a stream, and 4 MiB on its connection", async () => {
  const session = connectHttp2(`http://127.0.0.1:${gateway.port}`);
  const [settings] = (await once(session, "remoteSettings")) as [{ initialWindowSize?: number }];
  expect(settings.initialWindowSize).toBe(1024 * 1024);
  await new Promise((resolve) => session.ping(resolve));
  expect(session.state.remoteWindowSize).toBe(4 * 1024 * 1024);
  session.destroy();
});

test("a grpc-js that is built differently is told of when the gateway starts", () => {
  expect(() => raiseReceiveWindow({} as Server)).toThrow("its receive window cannot be raised");
});
