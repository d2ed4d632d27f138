// The page: what the person does goes to the shop, what the shop tells is shown.
import { samples } from "./samples.ts";
import { type Customer, REFUSALS, type Refusal, Shop } from "./shop.ts";
import { Tiles } from "./tiles.ts";

const BURST = 20;
/** Milliseconds between looks at the queue, which also tell whether the connection stands. */
const LOOK = 1000;

const find = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
const tiles = new Tiles(find("#tiles"), count);

function count(): void {
  const [done, refused] = [tiles.in("done").length, tiles.in("refused").length];
  const under = tiles.in("sending").length + tiles.in("waiting").length;
  Object.assign(find("#bar"), { max: Math.max(1, tiles.size), value: tiles.size - under });
  find("#counts").textContent = `${done} thumbnails, ${refused} refused, ${under} under way`;
}

function trouble(words: string): void {
  find("#connection").hidden = words === "";
  // Only what changes is read out.
  if (find("#connection").textContent !== words) find("#connection").textContent = words;
}

const customer: Customer = {
  hasThumbnail: ({ picture, name, sizes, image }) => tiles.show(picture, name, "done", sizes, image),
  hasReport: (text) => Object.assign(find("#written"), { hidden: false, textContent: text }),
  hasRefusals(oldest) {
    const before = tiles.in("refused");
    const now = new Set(oldest.map(({ picture }) => picture));
    if (oldest.length < REFUSALS) before.filter((each) => !now.has(each)).forEach((each) => tiles.tryAgain(each));
    for (const { picture, name, reason } of oldest) tiles.show(picture, name, "refused", reason);
    find("#reasons").replaceChildren(...oldest.map(reasonOf));
    find("#refusals").hidden = oldest.length === 0;
  },
};

function reasonOf({ name, reason, times }: Refusal): HTMLElement {
  const item = document.createElement("li");
  item.textContent = `${name}: ${reason}${times > 1 ? ` (refused ${times} times)` : ""}`;
  return item;
}

let drafts = 0;

/** One after the other, so that a hundred pictures are never in memory at once. */
async function upload(shop: Shop, files: Iterable<File> | AsyncIterable<File>): Promise<void> {
  for await (const file of files) {
    const draft = `draft ${++drafts}`;
    tiles.show(draft, file.name, "sending", "on its way to the shop");
    try {
      const picture = await shop.upload(file);
      tiles.rename(draft, picture);
      tiles.show(picture, file.name, "waiting", "kept; waits for a worker");
    } catch (error) {
      tiles.show(draft, file.name, "failed", (error as Error).message);
    }
  }
}

async function look(shop: Shop): Promise<void> {
  try {
    const waiting = await shop.waiting();
    find("#queue").textContent = waiting === 0 ? "No picture waits in the queue." : `${waiting} wait in the queue.`;
    trouble("");
  } catch {
    trouble("The connection to the shop is lost. It is being restored; what you upload meanwhile waits in this page.");
  }
  setTimeout(() => look(shop), LOOK);
}

/** While it is under way the button can't be pressed again; what goes wrong is said. */
function onPress(button: string, work: () => Promise<unknown>): void {
  const element = find<HTMLButtonElement>(button);
  element.addEventListener("click", async () => {
    element.disabled = true;
    await work().catch((error: Error) => trouble(error.message));
    element.disabled = false;
  });
}

async function open(): Promise<void> {
  const shop = await Shop.enter(await (await fetch("gateway")).text(), customer);
  const files = find<HTMLInputElement>("#files");
  files.addEventListener("change", async () => {
    await upload(shop, [...files.files!]);
    files.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void upload(shop, [...event.dataTransfer!.files]);
  });
  onPress("#samples", () => upload(shop, samples(BURST)));
  onPress("#redrive", () => shop.redrive());
  onPress("#discard", async () => {
    const refused = tiles.in("refused");
    await shop.discard();
    for (const picture of refused) tiles.remove(picture);
  });
  onPress("#report", () => shop.askForReport());
  const megapixels = find<HTMLSelectElement>("#megapixels");
  megapixels.value = String(await shop.megapixels());
  megapixels.addEventListener("change", () => shop.allow(Number(megapixels.value)).catch((e) => trouble(e.message)));
  await look(shop);
}

open().catch((error: Error) => trouble(`The shop cannot be reached: ${error.message} Reload the page to try again.`));
