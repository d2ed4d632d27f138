// Every program in the README and in docs/ runs, against a gateway started for it, and prints what the page says.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gateway } from "../support/gateway.ts";
import { interpreters, root, run } from "../support/programs.ts";
import { type Block, blocksOf } from "./blocks.ts";

const inFolder = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const pages = ["README.md", "CONTRIBUTING.md", ...inFolder("docs"), ...inFolder("docs/coming-from")];
const blocks = pages.filter((page) => page.endsWith(".md")).flatMap((page) => blocksOf(join(root, page), page));
const extensions = { python: "py", ruby: "rb", ts: "mts", sh: "sh" };
// Inside the repository, so that `import "berrymq"` finds the workspace.
const folder = join(root, ".build/blocks");

let gateway: Gateway;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  gateway = await Gateway.start();
});
afterAll(() => gateway?.stop());

async function runBlock({ page, line, language, code }: Block) {
  const program = join(folder, `${page.replaceAll(/\W/g, "-")}-${line}.${extensions[language]}`);
  writeFileSync(program, code.replaceAll("localhost:7201", gateway.url));
  return run([...interpreters[language], program]);
}

describe.each([...new Set(blocks.map(({ page }) => page))])("%s", (page) => {
  const own = blocks.filter((block) => block.page === page);
  test.each(own)(
    "the $language program at line $line runs",
    async (block) => {
      const ran = await runBlock(block);
      expect(ran, ran.stderr).toMatchObject({ exitCode: 0 });
      if (block.prints !== undefined) expect(ran.stdout).toBe(block.prints);
    },
    40_000,
  );
});
