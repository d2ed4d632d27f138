// Every example runs, and says what it should: each language's listeners are reached by every language's speakers.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { freePort } from "../support/free-port.ts";
import { Gateway } from "../support/gateway.ts";
import { interpreters, root, run } from "../support/programs.ts";
import { until } from "../support/until.ts";

const languages = ["python", "ruby", "ts"] as const;
const extensions = { python: "py", ruby: "rb", ts: "ts" };
type Spoken = (typeof languages)[number];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway?.stop());

const environment = () => ({ BERRYMQ_URL: gateway.url, PATH: `${root}/node_modules/.bin:${process.env.PATH}` });
const program = (language: Spoken, name: string) => [
  // The interpreter itself, not tsx's launcher, so that an interrupt reaches the program.
  ...(language === "ts" ? [process.execPath, "--import", "tsx"] : interpreters[language]),
  join(root, `examples/${language}/${name}.${extensions[language]}`),
];
const finish = (language: Spoken, name: string) => run(program(language, name), { environment: environment() });

describe.each(languages)("the examples in %s", (language) => {
  test("are the same programs as in the other languages", () => {
    const stems = (folder: string) => readdirSync(join(root, "examples", folder)).map((file) => file.split(".")[0]);
    // Types are not a matter of Ruby's programs.
    const typed = language === "ruby" ? [] : ["typed"];
    expect(stems(language).sort()).toEqual([
      "answerer",
      "asker",
      "hello",
      "log_follower",
      "mailbox",
      "publisher",
      ...typed,
      "worker",
    ]);
  });

  test("say hello in one process", async () => {
    expect(await finish(language, "hello")).toMatchObject({ exitCode: 0, stdout: "hello:log the berries are ripe\n" });
  });

  test.skipIf(language === "ruby")("are typed all the way", async () => {
    const ran = await finish(language, "typed");
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("3.5") });
  });

  test("ask in vain while nobody answers", async () => {
    const ran = await finish(language, "asker");
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: "nobody answers; start an answerer\n" });
  });

  test("write a hundred large letters, and each is answered", async () => {
    const ran = await finish(language, "mailbox");
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: "100 hellos came\n" });
  }, 60_000);

  test("follow, work and answer for every language, until they are interrupted", async () => {
    const services = ["log_follower", "worker", "answerer"].map(
      (name) => new Background(program(language, name), environment()),
    );
    const [follower, worker, answerer] = services as [Background, Background, Background];
    try {
      await follower.prints("following *:log");
      await worker.prints("waiting for task:*");
      await answerer.prints("answering math:add");
      for (const [turn, speaker] of languages.entries()) {
        const published = await finish(speaker, "publisher");
        expect(published, published.stderr).toMatchObject({
          exitCode: 0,
          stdout: "1 followers heard the log line\nthe tasks are published\n",
        });
        for (const task of [1, 2, 3]) await worker.prints(`task:pick ${task}`, turn + 1);
        const asked = await finish(speaker, "asker");
        expect(asked, asked.stderr).toMatchObject({ exitCode: 0, stdout: "6\n" });
      }
      expect(follower.lines.map((line) => line.split(" ").slice(1).join(" "))).toEqual([
        "*:log",
        ...languages.map((speaker) => `${speaker}:log three tasks are coming`),
      ]);
    } finally {
      const ends = await Promise.all(services.map((service) => service.interrupt()));
      expect(ends).toEqual([0, 0, 0]);
    }
  }, 90_000);
});

describe("the examples without an SDK", () => {
  test.each(readdirSync(join(root, "examples/curl")))("%s runs", async (name) => {
    const ran = await run(["bash", join(root, "examples/curl", name)], { environment: environment() });
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).not.toBe("");
  });
});

test("the browser's page is served as its own text says", async () => {
  const page = readFileSync(join(root, "examples/browser/index.html"), "utf8");
  const port = await freePort();
  const [command] = /node_modules\/\.bin\/esbuild .*/.exec(page) ?? [];
  const serving = new Background(command!.replace("8000", `${port}`).split(" "), {});
  const script = `http://127.0.0.1:${port}/page.js`;
  try {
    await until("its script is there", () =>
      fetch(script).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  } finally {
    await serving.leave();
  }
}, 20_000);

test("the demo ends by itself, with every message arrived", async () => {
  const ran = await run([...interpreters.ts, join(root, "examples/demo/demo.ts")], { seconds: 30 });
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
  expect(ran.stdout).toMatch(/everything arrived/);
}, 40_000);
