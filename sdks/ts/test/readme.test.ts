import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gateway } from "./support/gateway.js";

const root = fileURLToPath(new URL("..", import.meta.url));
// Inside the package, so that `import "berrymq"` finds its build.
const folder = `${root}/.build/readme`;
const text = readFileSync(`${root}/README.md`, "utf8");
const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```\n\nIt prints:\n\n```text\n([\s\S]*?)^```$/gm)].map(
  ([, code, prints], index) => ({ code: code!, prints: prints!, index }),
);
let gateway: Gateway;

describe("the README", () => {
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    gateway = await Gateway.start();
  });
  afterAll(() => gateway.stop("SIGKILL"));

  it("tells of every program what it prints", () => {
    expect(blocks).toHaveLength(text.match(/^```ts$/gm)!.length);
  });

  it.each(blocks)("program $index runs and prints what it says", async ({ code, prints, index }) => {
    const program = `${folder}/${index}.mts`;
    writeFileSync(program, code.replaceAll("localhost:7201", gateway.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program], { cwd: root });
    expect(stdout).toBe(prints);
  });
});
