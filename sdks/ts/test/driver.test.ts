import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const driver = fileURLToPath(new URL("../dist/conformance-driver.js", import.meta.url));

it("the conformance driver answers each line with a line, in order, and ends with its input", async () => {
  const child = spawn(process.execPath, [driver], { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const commands = [
    { do: "hello" },
    { do: "follow", as: "f", pattern: "a:*" },
    { do: "publish", identifier: "a:b", args: [{ $bytes: "AAE=" }] },
    { do: "received", as: "f", count: 1 },
    { do: "parse", identifier: "te*t" },
  ];
  child.stdin.end(commands.map((each) => `${JSON.stringify(each)}\n`).join(""));
  await once(child, "exit");
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers).toHaveLength(commands.length);
  expect(answers[0].ok.sdk).toBe("ts");
  expect(answers[3].ok[0]).toMatchObject({
    id: "a:b",
    args: [{ $bytes: "AAE=" }],
    content_type: "application/octet-stream",
  });
  expect(answers[4].error).toMatchObject({ reason: "INVALID_IDENTIFIER", retryable: false });
});
