// The TypeScript SDK in a real browser: a page of another origin than the gateway's, over WebSocket.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { Bus, kwargs } from "berrymq";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { bundle, Site } from "./browser.ts";

/** In the page: what the package exports, under one name. */
declare const mq: typeof import("berrymq");

/** Most bytes, gzipped, of what a page uses of the package, and of everything (ADR 0016). */
const sizes = [
  {
    what: "what a page uses",
    code: `export { ask, connect, follow, following, followingFunction, kwargs, publish, queue } from "berrymq";`,
    most: 36_000,
  },
  { what: "the whole package", code: `export * from "berrymq";`, most: 40_000 },
];

const example = resolve(import.meta.dirname, "../../examples/browser/index.html");
const folder = mkdtempSync(join(tmpdir(), "berrymq-browser-"));
let script: Buffer;
let site: Site;
let gateway: Gateway;
let page: Page;
let node: Bus;

beforeAll(async () => {
  script = await bundle({ code: `import * as mq from "berrymq"; globalThis.mq = mq;` });
  site = await Site.open({
    "/": '<!doctype html><meta charset="utf-8"><script type="module" src="/mq.js"></script>',
    "/mq.js": script,
    "/example": readFileSync(example),
    "/page.js": await bundle({ path: "examples/browser/page.ts" }),
  });
  process.env.BERRYMQ_ORIGINS = site.origin;
  gateway = await Gateway.start({ data: folder });
  node = await new Bus("node").connect(gateway.url);
  page = await site.visit("/");
  await page.evaluate((url) => mq.connect(url, { ident: "page" }), `ws://${gateway.url}`);
}, 60_000);

afterAll(async () => {
  await node?.close();
  await site?.close();
  await gateway?.kill();
  rmSync(folder, { recursive: true });
});

test.each(sizes)("$what is smaller than $most bytes once gzipped, with nothing of Node or gRPC in it", async (size) => {
  const all = await bundle(size);
  expect(gzipSync(all, { level: 9 }).length).toBeLessThan(size.most);
  expect(all.toString()).not.toMatch(/node:|grpc-js|require\(/);
});

describe("a page", () => {
  test("hears another program, exactly", async () => {
    await page.evaluate(async () => {
      Object.assign(globalThis, { p1: mq.follow("p1:*") });
      await mq.flush();
    });
    expect(await node.publish("p1:x", 2n ** 63n, 1.5, "ä", kwargs({ k: [] }))).toMatchObject({ followers: 1 });
    await node.publish("p1:x", Buffer.from([0, 255]));
    const heard = await page.evaluate(async () => {
      const { p1 } = globalThis as unknown as { p1: ReturnType<typeof mq.follow> };
      const { value: first } = await p1.next();
      const { value: second } = await p1.next();
      return [String(first!.args[0]), first!.args.slice(1), first!.kwargs, first!.sender, [...second!.args[0]]];
    });
    expect(heard).toEqual(["9223372036854775808", [1.5, "ä"], { k: [] }, "node", [0, 255]]);
  });

  test("is heard, asks, and answers", async () => {
    node.followingFunction("p2:add", (message) => message.args[0] + message.args[1]);
    const spoken = node.follow("p2:said");
    await node.flush();
    const result = await page.evaluate(async () => {
      mq.followingFunction("p2:page", (message) => `page heard ${message.args[0]}`);
      await mq.flush();
      const { followers } = await mq.publish("p2:said", 2n ** 63n, 1.5, { deep: ["ä"] }, mq.kwargs({ k: null }));
      return [followers, await mq.ask("p2:add", 40, 2)];
    });
    expect(result).toEqual([1, 42]);
    const { value: message } = await spoken.next();
    expect(message).toMatchObject({ sender: "page", kwargs: { k: null } });
    expect(message!.args).toEqual([2n ** 63n, 1.5, { deep: ["ä"] }]);
    expect(await node.ask("p2:page", "me")).toBe("page heard me");
  });

  test("gets from a queue, settles, and has deliveries pushed", async () => {
    const result = await page.evaluate(async () => {
      const queue = await mq.queue("p3:*", { shared: true, name: "p3" });
      await mq.publishMany([1, 2, 3].map((n) => ["p3:x", n] as const));
      const delivery = (await queue.get({ autoAck: false }))!;
      await delivery.retry(0);
      const taken: unknown[] = [];
      for await (const each of queue.consume({ credit: 2 })) {
        taken.push([each.message.args[0], each.attempt]);
        await each.ack();
        if (taken.length === 3) break;
      }
      const waiting = queue.get();
      await mq.publish("p3:x", "late");
      return [taken.sort(), (await waiting)?.args, await queue.qsize()];
    });
    expect(result).toEqual([
      [
        [1, 2],
        [2, 1],
        [3, 1],
      ],
      ["late"],
      0,
    ]);
  });

  test("leaves a `for await` when its signal is aborted, also while it waits for a queue", async () => {
    const result = await page.evaluate(async () => {
      const stop = new AbortController();
      const numbers: unknown[] = [];
      const following = (async () => {
        for await (const message of mq.follow("p4:*", { signal: stop.signal })) numbers.push(message.args[0]);
      })();
      const queue = await mq.queue("p4q:*");
      const waiting = queue.get({ signal: stop.signal }).catch((error) => error.name);
      await mq.publish("p4:x", 1);
      stop.abort();
      await following;
      const reason = await waiting;
      // What comes after the wait was given up is not lost with it.
      await mq.publish("p4q:x", "kept");
      return [numbers, reason, (await queue.get({ timeout: 5 }))?.args];
    });
    expect(result).toEqual([[1], "AbortError", ["kept"]]);
  });

  test("gets its errors as classes, and says which addresses it takes", async () => {
    const result = await page.evaluate(async () => {
      const caught = async (work: () => Promise<unknown>) => {
        const error = (await work().catch((each) => each)) as InstanceType<typeof mq.BerryMQError>;
        return [error instanceof mq.BerryMQError, error.reason, error.retryable];
      };
      const queue = await mq.queue("p5:*", { shared: true, name: "p5" });
      await queue.delete();
      const other = new mq.Bus();
      return [
        await caught(() => queue.qsize()),
        await caught(() => mq.ask("p5:nobody")),
        await caught(() => mq.publish("p5:x", new Date())),
        await caught(async () => mq.publish("berrymq:x")),
        await caught(() => other.connect("grpc://localhost:7201")),
        await caught(() => other.connect("wss://localhost:7201")),
        await caught(() => other.connect("/rpc", { timeout: 0.5 })),
      ];
    });
    expect(result).toEqual([
      [true, "QUEUE_NOT_FOUND", false],
      [true, "NO_FOLLOWERS", true],
      [true, "NOT_ENCODABLE", false],
      [true, "RESERVED_IDENTIFIER", false],
      [true, "INVALID_ARGUMENT", false],
      [true, "NOT_SUPPORTED", false],
      [true, "UNAVAILABLE", true],
    ]);
  });

  test("computes the checksum and reads the integers that Node does", async () => {
    const queue = await node.queue("p6:*", { shared: true, name: "p6" });
    await page.evaluate(() => mq.publish("p6:x", "äöü", 9007199254740993n, 1e300));
    const there = (await queue.peek())[0]!;
    const here = await page.evaluate(async () => {
      const one = await mq.queue("p6:*", { shared: true, name: "p6" });
      const message = (await one.get({ timeout: 5 }))!;
      return [message.checksum, String(message.args[1])];
    });
    expect(here).toEqual([there.checksum, "9007199254740993"]);
  });
});

describe("a page whose gateway is started again", () => {
  test.each(["SIGTERM", "SIGKILL"])(
    "after %s follows as before, and what it held arrives once",
    async (signal) => {
      const queue = await node.queue(`p7${signal}:*`, { shared: true, name: `p7${signal}` });
      await page.evaluate((name) => {
        const heard: unknown[] = [];
        Object.assign(globalThis, { heard });
        mq.followingFunction(`p7${name}back:x`, (message) => heard.push(message.args[0]));
        return mq.flush();
      }, signal);
      await (signal === "SIGTERM" ? gateway.stop() : gateway.kill());
      const sent = page.evaluate(async (name) => {
        await Promise.all(Array.from({ length: 100 }, (_, n) => mq.publish(`p7${name}:x`, n)));
        await mq.flush();
      }, signal);
      gateway = await Gateway.start({ port: gateway.port, data: folder });
      await sent;
      const got: unknown[] = [];
      while (got.length < 100) got.push(...(await queue.getMany(100, { timeout: 10 })).map(({ args }) => args[0]));
      expect(got).toEqual(Array.from({ length: 100 }, (_, n) => n));
      expect(await queue.get({ timeout: 0.1 })).toBeUndefined();
      await until(
        "the page follows again",
        async () => (await node.publish(`p7${signal}back:x`, "again")).followers === 1,
      );
      await page.waitForFunction(() => (globalThis as unknown as { heard: unknown[] }).heard.includes("again"));
    },
    30_000,
  );
});

test("a page of an origin that the gateway was not told of is refused", async () => {
  const stranger = await site.visit("/");
  await stranger.goto(stranger.url().replace("localhost", "127.0.0.1"));
  const reason = await stranger.evaluate(
    (url) => mq.connect(url, { timeout: 1 }).catch((error) => error.reason),
    `ws://${gateway.url}`,
  );
  expect(reason).toBe("UNAVAILABLE");
  await stranger.close();
});

test("the example page shows what others log, and logs", async () => {
  const logged = node.follow("browser:log");
  await node.flush();
  const shown = await site.visit(`/example?gateway=ws://${gateway.url}`);
  await shown.getByText("connected to").waitFor();
  await node.publish("node:log", "from Node");
  await shown.getByText("node node:log from Node").waitFor();
  await shown.getByRole("button").click();
  expect((await logged.next()).value!.args).toEqual(["hello from the browser"]);
  await shown.getByText("heard by").waitFor();
});
