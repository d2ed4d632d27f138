// What RestMQ's users had goes on: curl, COMET readers and the map/reduce demo of its examples, now beside programs on today's SDK.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { Gateway } from "../support/gateway.ts";
import { interpreters, root, run } from "../support/programs.ts";

let data: string;
let gateway: Gateway;
const running: Background[] = [];
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "berrymq-restmq-"));
  gateway = await Gateway.start({ data });
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.kill();
  await gateway.stop();
  rmSync(data, { recursive: true });
});

const url = (path: string) => `http://${gateway.url}${path}`;

async function curl(...parameters: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(["curl", "-sS", ...parameters]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout;
}

const add = (queue: string, value: string) => curl("--data-urlencode", `value=${value}`, url(`/q/${queue}`));

function start(command: string[]): Background {
  const started = new Background(command, { BERRYMQ_URL: gateway.url });
  running.push(started);
  return started;
}

async function python(pattern: string): Promise<Background> {
  const program = start([...interpreters.python, join(root, "test/support/programs/a_program_of_today.py"), pattern]);
  await program.prints("ready");
  return program;
}

async function publish(program: Background, identifier: string, args: unknown[], kwargs = {}): Promise<void> {
  program.tell(JSON.stringify([identifier, args, kwargs]));
  await program.prints(`published ${identifier}`);
}

test("what curl posts to a queue, a Python follower of its name hears, and the queue keeps", async () => {
  const follower = await python("tasks:*");
  expect(await add("tasks", "grün & 1 < 2")).toBe("tasks:1\r\n");
  await follower.prints('heard tasks:add ["grün & 1 < 2"] {}');
  expect(await curl(url("/q/tasks"))).toBe('{"count": 0, "key": "tasks:1", "value": "gr\\u00fcn & 1 < 2"}\r\n');
  expect(await curl("-w", "%{http_code}", url("/q/tasks"))).toBe("204");
});

test("what Python publishes to the queue's name, curl takes and a COMET reader gets, as a text", async () => {
  expect(await add("tasks", "first")).toBe("tasks:1\r\n");
  await curl(url("/q/tasks"));
  const publisher = await python("other:*");
  await publish(publisher, "tasks:do", ["one text"]);
  await publish(publisher, "tasks:done", ["two", 2], { level: 3 });
  expect(JSON.parse(await curl(url("/q/tasks")))).toEqual({ count: 0, key: "tasks:2", value: "one text" });
  const reader = start(["curl", "-sSN", "--http1.0", url("/c/tasks")]);
  await reader.prints('{"key": "tasks:3", "value": "{\\"args\\":[\\"two\\",2],\\"kwargs\\":{\\"level\\":3}}"}');
  await publish(publisher, "tasks:again", [7]);
  await reader.prints('{"key": "tasks:4", "value": "7"}');
});

test("keys go on, and policy and flow stay, after everything was taken and the gateway was killed", async () => {
  await add("tasks", "one");
  await add("tasks", "two");
  await curl("-d", "policy=roundrobin", url("/p/tasks"));
  await curl("-d", "status=stop", url("/control/tasks"));
  await curl("-X", "DELETE", url("/q/tasks"));
  const { port } = gateway;
  await gateway.kill();
  gateway = await Gateway.start({ data, port });
  expect(await add("tasks", "three")).toBe("tasks:3\r\n");
  expect(JSON.parse(await curl(url("/stats/"))).queues.tasks).toEqual({ name: "tasks", len: 1, status: "", policy: 2 });
});

/** As RestMQ's reducer did: HTTP/1.0, a JSON text for each line, whose value is JSON, too. */
const reducer = `
import collections, json, os, socket
host, port = os.environ["BERRYMQ_URL"].rsplit(":", 1)
connection = socket.create_connection((host, int(port)))
connection.sendall(b"GET /c/reducer HTTP/1.0\\r\\nUser-Agent: Twisted client\\r\\n\\r\\n")
reading = connection.makefile("rb")
while reading.readline() not in (b"\\r\\n", b""):
    pass
print("ready", flush=True)
sums = collections.Counter()
for line in reading:
    counts = json.loads(json.loads(line)["value"])
    if counts is None:
        break
    sums.update(counts)
print(json.dumps(sums, sort_keys=True), flush=True)
`;

test("map/reduce: what many mappers counted, a COMET consumer sums, and misses nothing", async () => {
  const summing = start([...interpreters.python, "-c", reducer]);
  await summing.prints("ready");
  const words = ["a b a", "b c", "a", "c c c b"];
  const mappers = words.map((text) => {
    const counts: Record<string, number> = {};
    for (const word of text.split(" ")) counts[word] = (counts[word] ?? 0) + 1;
    return add("reducer", JSON.stringify(counts));
  });
  expect((await Promise.all(mappers)).sort()).toEqual([1, 2, 3, 4].map((number) => `reducer:${number}\r\n`));
  await add("reducer", "null");
  await summing.prints('{"a": 3, "b": 3, "c": 4}');
});

test("a drain ends a COMET reader well, and what comes after waits for it", async () => {
  const reader = start(["curl", "-sSN", url("/c/tasks")]);
  await add("tasks", "one");
  await reader.prints('{"key": "tasks:1", "value": "one"}');
  const { port } = gateway;
  expect(await gateway.stop()).toBe(0);
  expect(await reader.leave()).toBe(0);
  gateway = await Gateway.start({ data, port });
  await add("tasks", "two");
  const again = start(["curl", "-sSN", url("/c/tasks")]);
  await again.prints('{"key": "tasks:2", "value": "two"}');
});
