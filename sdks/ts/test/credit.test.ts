import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connected } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { until } from "./support/until.js";

const KIB = 1024;
/** More than the credit of 4 MiB, less than a gateway's buffer of 32 MiB. */
const COUNT = 120;
const SIZE = 64 * KIB;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway.stop("SIGKILL"));

describe.each(["grpc", "http", "ws"])("a program over %s whose handlers are slow", (scheme) => {
  it("is sent no more than its credit until they are done, and then the rest", async () => {
    const at = { url: `${scheme}://${gateway.url}` };
    const [slow, other, publisher] = await Promise.all([connected(at), connected(gateway), connected(gateway)]);
    let finish = () => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    slow.setMultiplicity(1);
    slow.followingFunction("c1:x", () => finished);
    let came = 0;
    let elsewhere = 0;
    const listening = (async () => {
      for await (const _ of slow.follow("c1:x", { maxBytes: 100 * KIB * KIB })) came++;
    })();
    other.followingFunction("c1:x", () => void elsewhere++);
    await Promise.all([slow.flush(), other.flush()]);
    await publisher.publishMany(Array.from({ length: COUNT }, () => ["c1:x", Buffer.alloc(SIZE)] as const));
    await until(() => elsewhere === COUNT && came > 0);
    expect(came).toBeLessThan((6 * KIB * KIB) / SIZE);
    finish();
    await until(() => came === COUNT, 40);
    await slow.close();
    await listening;
  }, 60_000);
});
