// XML-RPC and collectd; and any bytes at any route, which are refused at worst.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { Wire } from "../../../testing/wire.js";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open();
});
afterAll(() => gateway.close());

const post = async (path: string, body: string | Buffer, type?: string) => {
  const headers = type === undefined ? undefined : { "content-type": type };
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { method: "POST", body, headers });
  return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
};
const take = async (queue: string) => {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/q/${queue}`);
  return response.status === 204 ? undefined : ((await response.json()) as { value: string }).value;
};

describe("XML-RPC", () => {
  const call = async (method: string, ...params: string[]) => {
    const values = params.map((param) => `<param><value>${param}</value></param>`).join("");
    const { status, type, body } = await post(
      "/xmlrpc",
      `<?xml version='1.0'?><methodCall><methodName>${method}</methodName><params>${values}</params></methodCall>`,
      "text/xml",
    );
    expect([status, type]).toEqual([200, "text/xml"]);
    return body;
  };

  test("sets and gets", async () => {
    expect(await call("set", "<string>test</string>", "<string>tuna-boy &lt;&amp;&gt; é</string>")).toContain(
      "<value><string>test:1</string></value>",
    );
    const got = await call("get", "test");
    expect(got).toMatch(/<name>count<\/name>\s*<value><int>0<\/int><\/value>/);
    expect(got).toMatch(/<name>key<\/name>\s*<value><string>test:1<\/string><\/value>/);
    expect(got).toMatch(/<name>value<\/name>\s*<value><string>tuna-boy &lt;&amp;&gt; é<\/string><\/value>/);
  });

  test("what there is not is fault 8001, what fails is 8002", async () => {
    expect(await call("nothing")).toMatch(/<int>8001<\/int>[\s\S]*function nothing not found/);
    for (const body of [
      await call("get", "empty"),
      await call("get"),
      await call("set", "a"),
      await call("set", "a", "<nil/>"),
    ]) {
      expect(body).toContain("<int>8002</int>");
    }
  });

  const noCalls = [
    "",
    "no xml",
    "<a/>",
    "<methodCall></methodCall>",
    "<methodCall><methodName>get",
    '<!DOCTYPE x [<!ENTITY e "v">]><methodCall><methodName>get</methodName><params><param><value>&e;</value></param></params></methodCall>',
  ];

  test.each(noCalls)("%j is fault 8002", async (body) => {
    expect((await post("/xmlrpc", body, "text/xml")).body).toContain("<int>8002</int>");
  });
});

describe("collectd", () => {
  test("lines become a list", async () => {
    const lines =
      "PUTVAL web1/cpu-0/cpu-idle interval=10 1179574444:99.5\nsomething else\nPUTVAL web1/load/load interval=10 1:0.1\n";
    expect((await post("/collectd/data", lines, "text/plain; charset=utf-8")).body).toBe("collectd_data:1\r\n");
    expect(JSON.parse((await take("collectd_data"))!)).toEqual([
      { host: "web1", plugin_instance: "cpu-0", type_instance: "cpu-idle", interval: "10", value: "1179574444:99.5" },
      { host: "web1", plugin_instance: "load", type_instance: "load", interval: "10", value: "1:0.1" },
    ]);
    expect((await post("/collectd/data?callback=cb", '[{"a": 1}]', "application/json")).body).toBe(
      'cb("collectd_data:2");\r\n',
    );
    expect(await take("collectd_data")).toBe('[{"a": 1}]');
  });

  test("an event becomes its marks and its text", async () => {
    const event = "Severity: WARNING\nHost: web1\nOther: no\nFailureMax: 5\n\nthe disk is full\n";
    expect((await post("/collectd/event", event)).body).toBe("collectd_event:1\r\n");
    expect(JSON.parse((await take("collectd_event"))!)).toEqual([
      { severity: "WARNING" },
      { host: "web1" },
      { failuremax: "5" },
      { event_text: "the disk is full" },
    ]);
  });

  test("what collectd does not write is 400", async () => {
    expect((await post("/collectd/other", "x", "text/plain")).status).toBe(400);
    expect((await post("/collectd/data", "PUTVAL web1", "text/plain")).status).toBe(400);
    expect((await post("/collectd/data", "x", "image/png")).status).toBe(400);
    expect((await post("/collectd/event", "")).status).toBe(400);
    expect((await post("/collectd/event", Buffer.of(0xff))).status).toBe(400);
  });

  test("GET and DELETE act on the queue of that name", async () => {
    await post("/q/cq", "value=v", "application/x-www-form-urlencoded");
    const at = `http://127.0.0.1:${gateway.port}/collectd/cq`;
    expect(await (await fetch(at)).json()).toMatchObject({ key: "cq:1" });
    expect(await (await fetch(at, { method: "DELETE" })).json()).toEqual({ queue: "cq", status: 0 });
  });
});

describe("any bytes", () => {
  const routes = [
    "/",
    "/q/",
    "/p/",
    "/j/",
    "/stats/",
    "/control/",
    "/queue",
    "/queue/",
    "/ws/",
    "/collectd/",
    "/static/",
    "/xmlrpc",
  ];
  const tail = fc.oneof(
    fc.constantFrom(
      "x",
      "data",
      "event",
      "%00",
      "%ff",
      "%",
      "..%2f..",
      "?callback=%3C",
      "?queue=%ff",
      "?queue=x&value=y",
      "x?ttl=%00",
      "a:b*@",
    ),
    fc.string({ maxLength: 20 }).map((text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, ""))),
  );
  const type = fc.constantFrom(
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "application/json",
    "text/plain",
    "text/xml",
    "",
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.string().map((text) => Buffer.from(`body=${encodeURIComponent(text.replace(/\p{Surrogate}/gu, ""))}`)),
    fc.json({ maxDepth: 2 }).map((json) => Buffer.from(json)),
    fc
      .json({ maxDepth: 2 })
      .map((json) => Buffer.from(`body=${encodeURIComponent(json)}&value=${encodeURIComponent(json)}`)),
    fc
      .record({
        cmd: fc.constantFrom("add", "get", "take", "del", 7, null),
        queue: fc.jsonValue({ maxDepth: 1 }),
        value: fc.jsonValue({ maxDepth: 1 }),
        key: fc.string(),
      })
      .map((command) => Buffer.from(JSON.stringify(command))),
  );

  test("are answered, never with 500, and the gateway stays up", async () => {
    const method = fc.constantFrom("GET", "POST", "POST", "POST", "DELETE", "PUT", "HEAD");
    await fc.assert(
      fc.asyncProperty(
        method,
        fc.constantFrom(...routes),
        tail,
        type,
        body,
        async (verb, route, rest, contentType, bytes) => {
          const head = `${verb} ${route}${rest} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${contentType}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
          const said = await Wire.ask(gateway.port, Buffer.concat([Buffer.from(head), bytes]));
          expect(said).toMatch(/^HTTP\/1\.1 (2|3|4)\d\d /);
          expect(said).not.toMatch(/\n {4}at /);
        },
      ),
      { numRuns: 500 },
    );
    expect((await fetch(`http://127.0.0.1:${gateway.port}/healthz`)).status).toBe(200);
  }, 60_000);
});
