import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const driver = fileURLToPath(new URL("../dist/conformance-driver.js", import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the driver says
async function answersTo(commands: readonly object[]): Promise<any[]> {
  const child = spawn(process.execPath, [driver], { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stdin.end(commands.map((each) => `${JSON.stringify(each)}\n`).join(""));
  await once(child, "exit");
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

it("the conformance driver answers each line with a line, in order, and ends with its input", async () => {
  const commands = [
    { do: "hello" },
    { do: "follow", as: "f", pattern: "a:*" },
    { do: "publish", identifier: "a:b", args: [{ $bytes: "AAE=" }] },
    { do: "received", as: "f", count: 1 },
    { do: "parse", identifier: "te*t" },
  ];
  const answers = await answersTo(commands);
  expect(answers).toHaveLength(commands.length);
  expect(answers[0].ok.sdk).toBe("ts");
  expect(answers[3].ok[0]).toMatchObject({
    id: "a:b",
    args: [{ $bytes: "AAE=" }],
    content_type: "application/octet-stream",
  });
  expect(answers[4].error).toMatchObject({ reason: "INVALID_IDENTIFIER", retryable: false });
});

it("the conformance driver has handlers work for queues, and refuse as often as they are told", async () => {
  const answers = await answersTo([
    { do: "handle", as: "h", pattern: "a:*", queue: "q", reject: "no", times: 1 },
    { do: "queue", as: "q", pattern: "a:*", shared: true, name: "q" },
    { do: "publish", identifier: "a:b", args: [1], with: { priority: 4, require_ack: true } },
    { do: "publish", identifier: "a:b", args: [2], delay: 0.01 },
    { do: "received", as: "h", count: 2 },
    { do: "dead", as: "q", queue: "dead" },
    { do: "redrive", as: "dead", max: 1, rate: 1000 },
    { do: "received", as: "h", count: 1 },
    { do: "send", ident: "nobody" },
    { do: "close" },
  ]);
  expect(answers[4].ok).toMatchObject([
    { args: [1], priority: 4, attempt: 1 },
    { args: [2], priority: 0 },
  ]);
  expect(answers[6]).toEqual({ ok: 1 });
  expect(answers[7].ok[0].checksum).toBe(answers[4].ok[0].checksum);
  expect(answers[8].error).toMatchObject({ reason: "UNAVAILABLE", retryable: true });
});
