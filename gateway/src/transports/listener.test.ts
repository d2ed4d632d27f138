// One port: first bytes choose the door, slowness is bounded.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { TestGateway } from "../../testing/gateway.js";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open({ sniffSeconds: 1, connections: 50 });
});
afterAll(() => gateway.close());

async function open(): Promise<Socket> {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {}); // a connection that is reset was closed
  await once(socket, "connect");
  return socket;
}

async function health(): Promise<string> {
  const socket = await open();
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await once(socket, "close");
  return answer;
}

describe("a connection that says too little is closed in time", () => {
  test.each([
    ["nothing", ""],
    ["the first letter", "P"],
    ["half a preface", PREFACE.slice(0, 12)],
  ])("%s", async (_what, said) => {
    const socket = await open();
    const began = performance.now();
    socket.write(said);
    socket.resume();
    await once(socket, "close");
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

test("a connection that was understood is not closed by that", async () => {
  const socket = await open();
  const closed = once(await open().then((silent) => silent.resume()), "close");
  socket.write(PREFACE);
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  socket.resume();
  // The silent one, which came later, is closed; this one is not.
  await closed;
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});

test.each([
  ["what begins like the preface and goes on otherwise", "PRIVATE / HTTP/1.1\r\n\r\n"],
  ["garbage", "\u0000\u0001\u0002\u0003\r\n\r\n"],
  ["a TLS hello", "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000"],
])("%s goes to HTTP/1.1, which answers 400", async (_what, said) => {
  const socket = await open();
  socket.write(Buffer.from(said, "latin1"));
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  socket.destroy();
});

test("more connections than the limit are closed, and the next is served when one has gone", async () => {
  const sockets = await Promise.all(Array.from({ length: 50 }, open));
  const refused = await open();
  refused.resume();
  await once(refused, "close");
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(async () => expect(await health()).toMatch(/^HTTP\/1\.1 200 /), 5000);
});
