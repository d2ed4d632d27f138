// The thumbnail shop, whole: its page in Chromium, its workers in Python, its log in Ruby, around one gateway.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Bus } from "berrymq";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { interpreters, run } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { startChromium } from "./browser.ts";

/** Machines differ; nothing waits so long where all is well. */
const PATIENCE = 40;

let shop: Background;
let browser: Browser;
let page: Page;
let address: string;
let folder: string;

beforeAll(async () => {
  shop = new Background([process.execPath, "--import", "tsx", "examples/thumbnails/main.ts"], {});
  browser = await startChromium();
  const opened = () => shop.lines.map((line) => /the shop is open: (\S+) .* in (\S+)\)/.exec(line)).find(Boolean);
  await until("the shop is open", () => Boolean(opened()), PATIENCE).catch((error: Error) => {
    throw new Error(`${error.message}; it said:\n${shop.lines.join("\n")}`);
  });
  [, address, folder] = opened() as unknown as [string, string, string];
  page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE * 1000);
  await page.goto(address);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await shop?.interrupt();
});

/** The newest process of a program of the shop. */
function processOf(name: string): number {
  const lines = shop.lines.filter((line) => line.startsWith(`${name} `) && line.includes("runs as process"));
  return Number(lines.at(-1)!.split(" ").at(-1));
}

/** Pictures as PNG, drawn by Pillow. */
async function pictures(sizes: Readonly<Record<string, readonly [width: number, height: number]>>) {
  const drawing = `
import base64, io, json, sys
from PIL import Image
for name, size in json.loads(sys.argv[1]).items():
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(file, "PNG")
    print(base64.b64encode(file.getvalue()).decode())`;
  const drawn = await run([...interpreters.python, "-c", drawing, JSON.stringify(sizes)]);
  const files = drawn.stdout.trim().split("\n");
  return Object.keys(sizes).map((name, each) => {
    return { name, mimeType: "image/png", buffer: Buffer.from(files[each]!, "base64") };
  });
}

const counts = (text: string) => page.getByText(text, { exact: true }).waitFor();
const upload = (files: Awaited<ReturnType<typeof pictures>>) =>
  page.getByLabel(/^Pictures any number/).setInputFiles(files);
const thumbnailOf = (name: string) => page.getByAltText(`Thumbnail of ${name}`);

/** An image of the page. */
interface Shown {
  readonly alt: string;
  readonly naturalWidth: number;
  readonly naturalHeight: number;
  decode(): Promise<void>;
}

/** What each thumbnail shows, and its width and height once it is decoded. */
async function thumbnails(): Promise<[alt: string, width: number, height: number][]> {
  return page.locator("#tiles img").evaluateAll((images) =>
    Promise.all(
      (images as unknown as Shown[]).map(async (image) => {
        await image.decode();
        return [image.alt, image.naturalWidth, image.naturalHeight] as [string, number, number];
      }),
    ),
  );
}

test("a burst has one thumbnail for each picture, although all workers are killed in its midst", async () => {
  const gateway = (await (await fetch(`${address}gateway`)).text()).replace("ws://", "");
  await using mq = await new Bus().connect(gateway);
  const pictures = await mq.queue("picture:uploaded", { shared: true, name: "pictures" });
  const made = await mq.queue("thumbnail:made", { name: "what was made" });
  const workers = ["worker 1", "worker 2"].map(processOf);
  // Most likely before it was acknowledged what the first thumbnail was made of.
  const killed = new Promise<void>((done) => {
    const first = mq.followingFunction("thumbnail:made", () => {
      for (const pid of workers) process.kill(pid, "SIGKILL");
      first.unfollow();
      done();
    });
  });
  await mq.flush();

  await page.getByRole("button", { name: "Send 20 samples" }).click();
  await killed;
  expect(await pictures.qsize()).toBeGreaterThan(0);
  await counts("20 thumbnails, 0 refused, 0 under way");
  const names = Array.from({ length: 20 }, (_, n) => `Thumbnail of berry-${String(n + 1).padStart(2, "0")}.jpg`);
  expect((await thumbnails()).sort()).toEqual(names.map((name) => [name, 240, 180]));
  expect(await made.qsize()).toBe(20);
  await until("every picture is acknowledged", async () => {
    const { ready, delayed, leased } = await pictures.status();
    return ready + delayed + leased === 0;
  });
  await until("both workers are started again", () => {
    return !["worker 1", "worker 2"].map(processOf).some((pid) => workers.includes(pid));
  });
});

test("what cannot be done is refused, with the reason", async () => {
  const [torn, poster] = await pictures({ "torn.png": [800, 600], "poster.png": [3000, 2500] });
  torn!.buffer = torn!.buffer.subarray(0, torn!.buffer.length / 2);
  await upload([torn!, poster!]);
  await counts("20 thumbnails, 2 refused, 0 under way");
  const reasons = page.getByRole("region", { name: "Refused" }).getByRole("listitem");
  expect((await reasons.allTextContents()).sort()).toEqual([
    "poster.png: 3000x2500 is 7.5 megapixels; the shop takes up to 2",
    expect.stringMatching(/^torn\.png: not a whole picture: .+/),
  ]);
});

test("is tried again once the shop takes larger ones; what is broken is refused again", async () => {
  await page.getByLabel("The shop takes").selectOption("8 megapixels");
  await page.getByRole("button", { name: "Try again" }).press("Enter");
  await counts("21 thumbnails, 1 refused, 0 under way");
  await page.getByText("(refused 2 times)").waitFor();
  expect(await thumbnails()).toContainEqual(["Thumbnail of poster.png", 240, 200]);
});

test("Ruby writes the report", async () => {
  await page.getByRole("button", { name: "Write it now" }).press("Enter");
  const written = page.getByText("Thumbnails made: 21");
  await written.waitFor();
  const text = await written.textContent();
  expect(text).toContain(
    "refused at least once: 2\nTaken when tried again: 1\nTo be looked at: \n- torn.png: not a whole",
  );
  expect(readFileSync(join(folder, "report.md"), "utf8")).toBe(text);
});

test("a page that is opened later shows what was made", async () => {
  await page.reload();
  await counts("21 thumbnails, 1 refused, 0 under way");
  expect(await page.getByLabel("The shop takes").inputValue()).toBe("8");
});

test("a text is refused, too; what one page does, the others show", async () => {
  await upload([{ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture at all") }]);
  const other = await browser.newPage();
  other.setDefaultTimeout(PATIENCE * 1000);
  await other.goto(address);
  for (const each of [page, other]) await each.getByText("21 thumbnails, 2 refused, 0 under way").waitFor();
  await other.getByLabel("The shop takes").selectOption("32 megapixels");
  const chosen = () => page.getByLabel("The shop takes").inputValue();
  await until("the first page has that, too", async () => (await chosen()) === "32", PATIENCE);
  await other.getByRole("button", { name: "Throw away" }).click();
  for (const each of [page, other]) await each.getByText("21 thumbnails, 0 refused, 0 under way").waitFor();
  await other.close();
});

test("the page says when its connection is lost; what is uploaded then is kept when the gateway is back", async () => {
  const late = await pictures({ "late.png": [400, 400] });
  process.kill(processOf("gateway"), "SIGKILL");
  await page.getByText("The connection to the shop is lost").waitFor();
  await upload(late);
  await page.getByText("The connection to the shop is lost").waitFor({ state: "hidden" });
  await thumbnailOf("late.png").waitFor();
});

test("an interrupt ends all programs in order: who makes work first, who keeps it last", async () => {
  const before = shop.lines.length;
  expect(await shop.interrupt()).toBe(0);
  const ends = shop.lines.slice(before).filter((line) => line.endsWith(" ended"));
  expect(ends.map((line) => line.split(/\s+/)[0])).toEqual(["worker", "worker", "log", "gateway"]);
  expect(existsSync(folder)).toBe(false);
});
