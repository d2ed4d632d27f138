// RestMQ's routes, byte for byte where a client could see it: status, content type, line ends, spaces.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestGateway } from "../../../testing/gateway.js";
import { Wire } from "../../../testing/wire.js";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.open();
});
afterAll(() => gateway.close());

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function ask(
  method: string,
  path: string,
  options: { form?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  const body = Buffer.from(options.form ?? options.body ?? "");
  const type = options.form === undefined ? {} : { "Content-Type": "application/x-www-form-urlencoded" };
  const headers = {
    Host: "x",
    Connection: "close",
    "Content-Length": String(body.length),
    ...type,
    ...options.headers,
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const said = await Wire.ask(
    gateway.port,
    Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join("")}\r\n`), body]),
  );
  const [top, ...rest] = said.split("\r\n\r\n");
  const [first, ...lines] = top!.split("\r\n");
  const pairs = lines.map((line) => [
    line.slice(0, line.indexOf(":")).toLowerCase(),
    line.slice(line.indexOf(":") + 2),
  ]);
  return { status: Number(first!.split(" ")[1]), headers: Object.fromEntries(pairs), body: rest.join("\r\n\r\n") };
}

let made = 0;
/** A queue of each test's own. */
const fresh = () => `queue${made++}`;
const add = (queue: string, value: string) =>
  ask("POST", `/q/${queue}`, { form: `value=${encodeURIComponent(value)}` });
const HTML = "text/html; charset=UTF-8";
const page = (title: string) => `<html><title>${title}</title><body>${title}</body></html>`;

describe("/q/<queue>", () => {
  test("adds under keys that count from 1, and takes the oldest", async () => {
    const q = fresh();
    const first = await add(q, "one");
    expect([first.status, first.headers["content-type"], first.body]).toEqual([200, HTML, `${q}:1\r\n`]);
    expect((await add(q, "two")).body).toBe(`${q}:2\r\n`);
    const taken = await ask("GET", `/q/${q}`);
    expect([taken.status, taken.headers["content-type"], taken.body]).toEqual([
      200,
      HTML,
      `{"count": 0, "key": "${q}:1", "value": "one"}\r\n`,
    ]);
    expect((await ask("GET", `/q/${q}`)).body).toContain(`"${q}:2"`);
  });

  test("an empty queue and an unknown one are 204, with no body at all", async () => {
    const answer = await ask("GET", `/q/${fresh()}`);
    expect([answer.status, answer.body, answer.headers["content-length"]]).toEqual([204, "", undefined]);
  });

  test("msg wins over value here, and value wins at /", async () => {
    const q = fresh();
    await ask("POST", `/q/${q}`, { form: "value=v&msg=m" });
    await ask("POST", "/", { form: `queue=${q}&msg=m&value=v` });
    await ask("POST", "/", { form: `queue=${q}&msg=m` });
    const values = [];
    for (let i = 0; i < 3; i++) values.push(JSON.parse((await ask("GET", `/q/${q}`)).body).value);
    expect(values).toEqual(["m", "v", "m"]);
  });

  test("without a value it is 400", async () => {
    const answer = await ask("POST", `/q/${fresh()}`, { form: "value=" });
    expect([answer.status, answer.headers["content-type"], answer.body]).toEqual([400, HTML, page("400: Bad Request")]);
    expect(answer.headers["berrymq-error"]).toContain("value");
  });

  test("values are texts: numbers stay as they were written, spaces around go, JSON is ASCII", async () => {
    const q = fresh();
    for (const value of ["42", "3.10", "007", "  pad  ", 'é "</script>\u0001', "1e5"]) await add(q, value);
    const bodies = [];
    for (let i = 0; i < 6; i++) bodies.push((await ask("GET", `/q/${q}`)).body);
    expect(bodies.map((body) => body.slice(body.indexOf('"value"')))).toEqual([
      '"value": "42"}\r\n',
      '"value": "3.10"}\r\n',
      '"value": "007"}\r\n',
      '"value": "pad"}\r\n',
      '"value": "\\u00e9 \\"<\\/script>"}\r\n',
      '"value": "1e5"}\r\n',
    ]);
  });

  test.each(["a/b", "a b", "a:b", "café", "50%", "_local", "berrymq", "*", "x@y"])(
    "a queue may be called %j",
    async (name) => {
      const path = `/q/${name.split("/").map(encodeURIComponent).join("/")}`;
      expect((await ask("POST", path, { form: "value=v" })).body).toBe(`${name}:1\r\n`);
      expect(JSON.parse((await ask("GET", path)).body)).toEqual({ count: 0, key: `${name}:1`, value: "v" });
    },
  );

  test("all are listed, escaped", async () => {
    await ask("POST", "/q/%3Cb%3E", { form: "value=v" });
    const { status, headers, body } = await ask("GET", "/q/");
    expect([status, headers["content-type"]]).toEqual([200, HTML]);
    expect(body).toContain("<title>avaliable queue for REST</title>");
    expect(body).toContain('<li><a href="/q/%3Cb%3E">/q/&lt;b&gt;</a></li>');
  });

  test("DELETE forgets all and tells whether there was something; numbers go on", async () => {
    const q = fresh();
    await add(q, "one");
    expect((await ask("DELETE", `/q/${q}`)).body).toBe(`{"queue": "${q}", "status": 1}\r\n`);
    expect((await ask("DELETE", `/q/${q}`)).body).toBe(`{"queue": "${q}", "status": 0}\r\n`);
    expect((await add(q, "two")).body).toBe(`${q}:2\r\n`);
  });

  test("a ttl that is no number of seconds is 400 and takes no number; one that is over is passed over", async () => {
    const q = fresh();
    for (const ttl of ["soon", "0", "-1", "1.5", "99999999999"]) {
      expect((await ask("POST", `/q/${q}`, { form: `value=v&ttl=${ttl}` })).status).toBe(400);
    }
    expect((await ask("POST", `/q/${q}`, { form: "value=v&ttl=60" })).body).toBe(`${q}:1\r\n`);
  });
});

describe("/", () => {
  test("takes by name; an empty queue is 404 here", async () => {
    const q = fresh();
    const answer = await ask("POST", "/", { form: `queue=${q}&value=v` });
    expect([answer.status, answer.body]).toEqual([200, `${q}:1\r\n`]);
    expect((await ask("GET", `/?queue=${q}`)).body).toBe(`{"count": 0, "key": "${q}:1", "value": "v"}\r\n`);
    const empty = await ask("GET", `/?queue=${q}`);
    expect([empty.status, empty.body]).toEqual([404, page("404: Not Found")]);
  });

  test("shows a browser the dashboard and a program the gateway's face", async () => {
    const browser = await ask("GET", "/", { headers: { Accept: "text/html,*/*" } });
    expect([browser.status, browser.headers.location, browser.body]).toEqual([302, "/static/index.html", ""]);
    expect(JSON.parse((await ask("GET", "/")).body)).toMatchObject({ name: "berryMQ" });
    expect((await ask("HEAD", "/")).status).toBe(200);
  });

  test("POST without a queue is 400, whatever the body is", async () => {
    expect((await ask("POST", "/", { form: "value=v" })).status).toBe(400);
    expect((await ask("POST", "/")).status).toBe(400);
    expect((await ask("POST", "/", { body: "queue=q&value=v" })).status).toBe(400);
  });

  test("a JSON body without a method holds the arguments", async () => {
    const q = fresh();
    const headers = { "Content-Type": "application/json" };
    expect((await ask("POST", "/", { body: JSON.stringify({ queue: q, value: { n: 1 } }), headers })).body).toBe(
      `${q}:1\r\n`,
    );
    expect(JSON.parse((await ask("GET", `/q/${q}`)).body).value).toBe('{"n":1}');
  });
});

describe("JSONP", () => {
  test("wraps, with quoted keys", async () => {
    const q = fresh();
    expect((await ask("POST", `/q/${q}?callback=cb`, { form: "value=v" })).body).toBe(`cb("${q}:1");\r\n`);
    expect((await ask("GET", `/q/${q}?callback=cb`)).body).toBe(`cb({"count": 0, "key": "${q}:1", "value": "v"});\r\n`);
    expect((await ask("GET", `/p/${q}?callback=cb`)).body).toBe(`cb({"queue": "${q}", "value": "broadcast"});\r\n`);
    expect((await ask("GET", `/stats/${q}?callback=cb`)).body).toMatch(/^cb\(\{.*\}\)$/);
    expect((await ask("POST", `/control/${q}?callback=cb`, { form: "status=stop" })).body).toBe(
      `cb({"stat": {"queue": "${q}", "status": 0}})\r\n`,
    );
    expect((await ask("GET", `/control/${q}?callback=cb`)).body).toMatch(/^\{.*\}\r\n$/);
  });

  test("what could be more than a function's name is 400", async () => {
    expect((await ask("GET", "/p/x?callback=%3Cscript%3E")).status).toBe(400);
  });
});

describe("/queue", () => {
  const command = async (value: unknown) => {
    const answer = await ask("POST", "/queue", { form: `body=${encodeURIComponent(JSON.stringify(value))}` });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
    return answer.body;
  };

  test("adds, shows with a count that grows, deletes by key, takes", async () => {
    const queue = fresh();
    expect(await command({ cmd: "add", queue, value: "a" })).toBe(
      `{"queue": "${queue}", "value": "a", "key": "${queue}:1"}`,
    );
    await command({ cmd: "add", queue, value: { b: [1] } });
    expect(await command({ cmd: "get", queue })).toBe(
      `{"queue": "${queue}", "value": "a", "key": "${queue}:1", "count": 1}`,
    );
    expect(JSON.parse(await command({ cmd: "get", queue })).count).toBe(2);
    expect(await command({ cmd: "del", queue, key: `${queue}:1` })).toBe(
      `{"queue": "${queue}", "deleted": true, "key": "${queue}:1"}`,
    );
    expect(await command({ cmd: "del", queue, key: `${queue}:1` })).toContain('"deleted": false');
    expect(await command({ cmd: "take", queue })).toBe(
      `{"queue": "${queue}", "value": "{\\"b\\":[1]}", "key": "${queue}:2"}`,
    );
    expect(await command({ cmd: "take", queue })).toBe('{"error": "empty queue"}');
    expect(await command({ cmd: "get", queue })).toBe('{"error": "empty queue"}');
  });

  test("deletes within its queue only", async () => {
    const [queue, other] = [fresh(), fresh()];
    await command({ cmd: "add", queue, value: "a" });
    expect(await command({ cmd: "del", queue: other, key: `${queue}:1` })).toContain('"deleted": false');
    expect(await command({ cmd: "del", queue, key: `${queue}:UUID` })).toContain('"deleted": false');
    expect(JSON.parse(await command({ cmd: "take", queue })).value).toBe("a");
  });

  test("what is logically wrong is 200 with an error", async () => {
    expect(await command({ cmd: "add", value: "a" })).toBe(`{"error": "'queue'"}`);
    expect(JSON.parse(await command({ cmd: "add", queue: 7, value: "a" })).error).toContain("queue");
    const unknown = await ask("POST", "/queue", { form: "body=%7B%22cmd%22%3A%22_init__%22%7D" });
    expect([unknown.status, unknown.headers["content-type"], unknown.body]).toEqual([
      200,
      HTML,
      '{"error": "null resultset"}',
    ]);
  });

  test.each(["", "body=", "body=nothing", "body=[]", 'body={"cmd":""}', 'body={"cmd":7}', "body=7"])(
    "%j is 400",
    async (form) => {
      expect((await ask("POST", "/queue", { form })).status).toBe(400);
    },
  );

  test("takes a queue in the path, JSON as the body, and shows a browser the form", async () => {
    const q = fresh();
    const headers = { "Content-Type": "application/json" };
    expect((await ask("POST", `/queue/${q}`, { body: '{"cmd": "add", "value": "a"}', headers })).body).toContain(
      `${q}:1`,
    );
    expect((await ask("GET", "/queue")).headers.location).toBe("/static/help.html");
  });
});

describe("settings", () => {
  test("a policy is broadcast until it is set, keeps through a purge, and makes no queue", async () => {
    const q = fresh();
    expect((await ask("GET", `/p/${q}`)).body).toBe(`{"queue": "${q}", "value": "broadcast"}\r\n`);
    expect((await ask("POST", `/p/${q}`, { form: "policy=roundrobin" })).body).toBe("OK\r\n");
    expect((await ask("GET", `/p/${q}`)).body).toContain('"roundrobin"');
    expect((await ask("GET", "/q/")).body).not.toContain(`/q/${q}<`);
    await add(q, "v");
    expect((await ask("GET", `/p/${q}`)).body).toContain('"roundrobin"');
    await ask("POST", `/p/${q}`, { form: "policy=broadcast" });
    await ask("DELETE", `/q/${q}`);
    expect((await ask("GET", `/p/${q}`)).body).toContain('"broadcast"');
    expect((await ask("POST", `/p/${q}`, { form: "policy=Broadcast" })).body).toBe("null\r\n");
    expect((await ask("POST", `/p/${q}`)).status).toBe(400);
  });

  test("flow is null until it is set, and the first message begins it", async () => {
    const q = fresh();
    const flow = async () => JSON.parse((await ask("GET", `/control/${q}`)).body).status;
    expect(await flow()).toEqual({ queue: q, status: null });
    expect((await ask("POST", `/control/${q}`, { form: "status=stop" })).body).toBe(
      `{"stat": {"queue": "${q}", "status": 0}}\r\n`,
    );
    expect(await flow()).toEqual({ queue: q, status: 0 });
    await add(q, "v");
    expect(await flow()).toEqual({ queue: q, status: 1 });
    await ask("POST", `/control/${q}`, { form: "status=stop" });
    expect(await flow()).toEqual({ queue: q, status: 0 });
    expect((await ask("GET", `/q/${q}`)).status).toBe(200);
    expect((await ask("POST", `/control/${q}`, { form: "status=pause" })).body).toBe(
      '{"stat": "invalid status: pause"}\r\n',
    );
    expect((await ask("POST", `/control/${q}`)).body).toBe('{"stat": "invalid status: None"}\r\n');
    expect((await ask("GET", `/control/${q}`)).headers["content-type"]).toBe("application/json");
    const all = JSON.parse((await ask("GET", "/control/")).body);
    expect(all.queues[q]).toEqual({ queue: q, status: 0 });
    expect(all.count).toBe(Object.keys(all.queues).length);
  });
});

describe("what there is", () => {
  test("/stats/ tells of each queue, also of those with awkward names", async () => {
    const q = fresh();
    await add(q, "v");
    await add("7", "v");
    await ask("POST", "/q/caf%C3%A9", { form: "value=v" });
    await ask("POST", `/control/${q}`, { form: "status=stop" });
    const { headers, body } = await ask("GET", "/stats/");
    expect([headers["content-type"], body.endsWith("}")]).toEqual(["application/json", true]);
    const stats = JSON.parse(body);
    expect(stats.queues[q]).toEqual({ name: q, len: 1, status: "", policy: 1 });
    expect(stats.queues["7"]).toMatchObject({ status: 1 });
    expect([stats.count, stats.redis]).toEqual([Object.keys(stats.queues).length, "berryMQ (memory)"]);
    expect((await ask("GET", `/stats/${q}`)).body).toBe(`{"redis": "berryMQ (memory)", "queue": "${q}", "len": 1}`);
    expect((await ask("GET", "/stats/unknown")).body).toContain('"len": 0');
    expect((await ask("GET", "/stats")).status).toBe(200);
  });

  test("/j/ shows the newest ten keys", async () => {
    const q = fresh();
    for (let i = 0; i < 12; i++) await add(q, "v");
    const { body } = await ask("GET", `/j/${q}`);
    expect(body).toContain("queue objects: {'objects': 12}<br>");
    expect(body).toContain("job count: 12<br>");
    expect([...body.matchAll(/<li>(.*?)<\/li>/g)].map(([, key]) => key)).toEqual(
      Array.from({ length: 10 }, (_, back) => `${q}:${12 - back}`),
    );
  });

  test.each(["index.html", "help.html", "style.css", "dashboard.js"])("/static/%s is there", async (file) => {
    expect((await ask("GET", `/static/${file}`)).status).toBe(200);
  });

  test.each(["/static/", "/static/../package.json", "/static/..%2fpackage.json", "/static/none"])(
    "%s is not",
    async (path) => {
      expect((await ask("GET", path)).status).toBe(404);
    },
  );
});

describe("general rules", () => {
  test.each(["/q", "/p", "/c", "/j", "/control", "/sse", "/ws", "/collectd", "/static"])(
    "%s without its slash is 404",
    async (path) => {
      const { status, headers, body } = await ask("GET", path);
      expect([status, headers["content-type"], body]).toEqual([404, HTML, page("404: Not Found")]);
    },
  );

  test.each([
    ["HEAD", "/q/x"],
    ["OPTIONS", "/q/x"],
    ["PUT", "/q/x"],
    ["PATCH", "/q/x"],
    ["POST", "/c/x"],
    ["DELETE", "/queue"],
    ["GET", "/xmlrpc"],
    ["HEAD", "/?queue=x"],
  ])("%s %s is 405", async (method, path) => {
    const { status, body, headers } = await ask(method, path);
    expect(status).toBe(405);
    expect(headers.allow).toBeDefined();
    if (method !== "HEAD") expect(body).toBe(page("405: Method Not Allowed"));
  });

  test("nothing has an ETag, or headers for other origins", async () => {
    const q = fresh();
    await add(q, "v");
    const { headers } = await ask("GET", `/q/${q}`);
    expect(Object.keys(headers).filter((name) => name === "etag" || name.startsWith("access-control"))).toEqual([]);
  });

  test.each(["/q/%ff", "/q/", `/q/${"x".repeat(300)}`])("POST %s is 400", async (path) => {
    expect((await ask("POST", path, { form: "value=v" })).status).toBe(400);
  });

  test("a value that is no UTF-8 is 400", async () => {
    expect((await ask("POST", `/q/${fresh()}`, { form: "value=%ff" })).status).toBe(400);
  });

  test("multipart forms hold arguments, their files do not", async () => {
    const q = fresh();
    const part = (head: string, value: string) => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
    const body = `${part('name="value"', "é one")}${part('name="msg"; filename="f"', "file")}--b--\r\n`;
    const headers = { "Content-Type": "multipart/form-data; boundary=b" };
    expect((await ask("POST", `/q/${q}`, { body, headers })).body).toBe(`${q}:1\r\n`);
    expect(JSON.parse((await ask("GET", `/q/${q}`)).body).value).toBe("é one");
  });

  test("what is too large is 413", async () => {
    const body = `value=${"x".repeat(5 * 1024 * 1024)}`;
    expect((await ask("POST", `/q/${fresh()}`, { form: body })).status).toBe(413);
  });

  test("an HTTP/1.0 client is answered and the connection ends", async () => {
    expect(await Wire.ask(gateway.port, "GET /q/nothing HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 204 /);
  });
});
