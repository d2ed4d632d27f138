// What `make package` builds installs into fresh places outside the repository, and works there: the installed gateway,
// the installed SDKs, and nothing else.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { Gateway } from "../support/gateway.ts";
import { root, run } from "../support/programs.ts";

const place = mkdtempSync(join(tmpdir(), "berrymq-packages-"));
const npmPlace = join(place, "npm");
const gemPlace = join(place, "gem");
const venv = join(place, "venv");
let gateway: Gateway;

const built = (ending: string) =>
  readdirSync(join(root, "packages"))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, "packages", name));

async function succeed(command: string[], options: Parameters<typeof run>[1] = {}): Promise<string> {
  const ran = await run(command, { seconds: 120, cwd: place, ...options });
  expect(ran, `${command.join(" ")}\n${ran.stdout}${ran.stderr}`).toMatchObject({ exitCode: 0 });
  return ran.stdout;
}

const environment = () => ({ BERRYMQ_URL: gateway.url, GEM_PATH: `${gemPlace}:`, PYTHONPATH: "", RUBYLIB: "" });
const python = (program: string) => [join(venv, "bin/python"), join(root, "examples/python", program)];
const ruby = (program: string) => ["ruby", join(root, "examples/ruby", program)];

beforeAll(async () => {
  await succeed([join(root, "scripts/package")], { cwd: root });
  mkdirSync(npmPlace);
  await succeed(["npm", "install", "--no-audit", "--no-fund", "--prefix", npmPlace, ...built(".tgz")]);
  await succeed([
    "gem",
    "install",
    "--local",
    "--ignore-dependencies",
    "--no-document",
    "--install-dir",
    gemPlace,
    ...built(".gem"),
  ]);
  await succeed([join(root, ".venv/bin/python"), "-m", "venv", venv]);
  await succeed([
    join(venv, "bin/python"),
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--quiet",
    ...built(".whl"),
  ]);
  copyFileSync(join(import.meta.dirname, "asker.mjs"), join(npmPlace, "asker.mjs"));
  gateway = await Gateway.start({ command: [join(npmPlace, "node_modules/.bin/berrymq")] });
}, 300_000);

afterAll(async () => {
  await gateway?.stop();
  rmSync(place, { recursive: true, force: true });
});

test("one package each for Python and Ruby, and two for npm", () => {
  expect([built(".whl"), built(".gem"), built(".tgz")].map((packages) => packages.length)).toEqual([1, 1, 2]);
});

test.each([
  { answers: "Python", answerer: () => python("answerer.py") },
  { answers: "Ruby", answerer: () => ruby("answerer.rb") },
])(
  "the installed $answers package answers the installed Python, Ruby and npm packages",
  async ({ answerer }) => {
    const answering = new Background(answerer(), environment());
    try {
      await answering.prints("answering math:add");
      for (const asker of [python("asker.py"), ruby("asker.rb"), [process.execPath, join(npmPlace, "asker.mjs")]]) {
        expect(await succeed(asker, { environment: environment() })).toBe("6\n");
      }
    } finally {
      await answering.interrupt();
    }
  },
  60_000,
);

test("nothing of the npm package of the SDK is what other tools stumble over", async () => {
  const sdk = built(".tgz").find((path) => /berrymq-\d/.test(path))!;
  await succeed([join(root, "node_modules/.bin/publint"), "run", "--strict", sdk]);
  // Who has CommonJS imports it dynamically.
  await succeed([join(root, "node_modules/.bin/attw"), sdk, "--profile", "esm-only", "--no-color"]);
}, 60_000);

test("the installed packages are those that run, not the checkout's", async () => {
  const where = "import berrymq; print(berrymq.__file__)";
  expect(await succeed([join(venv, "bin/python"), "-c", where])).toContain(venv);
  const gem = 'require "berrymq"; puts $LOADED_FEATURES.grep(/berrymq\\.rb$/)';
  expect(await succeed(["ruby", "-e", gem], { environment: environment() })).toContain(gemPlace);
});
