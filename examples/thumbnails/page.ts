// The page: what the person does goes to the shop, what the shop tells is shown.
import type { Customer, Refusal } from "./customer.ts";
import { samples } from "./samples.ts";
import { Shop } from "./shop.ts";
import { Tiles } from "./tiles.ts";
import { upload } from "./upload.ts";

const BURST = 20;
/** Milliseconds between looks at the queue, which also tell whether the connection stands. */
const LOOK = 500;

const find = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
const tiles = new Tiles(find("#tiles"), count);

function count(): void {
  const [done, refused] = [tiles.in("done").length, tiles.in("refused").length];
  const failed = tiles.in("failed").length;
  const under = tiles.in("sending").length + tiles.in("waiting").length;
  Object.assign(find("#bar"), { max: Math.max(1, tiles.size), value: tiles.size - under });
  find("#counts").textContent =
    `${done} thumbnails, ${refused} refused, ${under} under way${failed ? `, ${failed} not sent` : ""}`;
}

/** Shows a warning, or hides it. Only what changes is read out. */
function warn(place: "#connection" | "#trouble", words: string): void {
  find(place).hidden = words === "";
  if (find(place).textContent !== words) find(place).textContent = words;
}

const customer: Customer = {
  hasThumbnail: ({ picture, name, sizes, image }) => tiles.show(picture, name, "done", sizes, image),
  wasRefused: (picture, reason) => tiles.refuse(picture, reason),
  triesAgain: () => tiles.in("refused").forEach((each) => tiles.tryAgain(each)),
  threwAway: () => tiles.in("refused").forEach((each) => tiles.remove(each)),
  hasRule: (megapixels) => Object.assign(find("#megapixels"), { value: String(megapixels) }),
  hasReport: (text) => Object.assign(find("#written"), { hidden: false, textContent: text }),
  hasRefusals(oldest) {
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

async function look(shop: Shop): Promise<void> {
  try {
    const waiting = await shop.waiting();
    find("#queue").textContent = waiting === 0 ? "No picture waits in the queue." : `${waiting} wait in the queue.`;
    warn("#connection", "");
  } catch {
    warn(
      "#connection",
      "The connection to the shop is lost. It is being restored; what you upload meanwhile waits in this page.",
    );
  }
  setTimeout(() => look(shop), LOOK);
}

/** While it is under way the button can't be pressed again; what goes wrong is said. */
function onPress(button: string, work: () => Promise<unknown>): void {
  const element = find<HTMLButtonElement>(button);
  element.addEventListener("click", async () => {
    element.disabled = true;
    warn("#trouble", "");
    await work().catch((error: Error) => warn("#trouble", error.message));
    element.disabled = false;
  });
}

async function open(): Promise<void> {
  const shop = await Shop.enter(await (await fetch("gateway")).text(), customer);
  const files = find<HTMLInputElement>("#files");
  files.addEventListener("change", () => {
    const chosen = [...files.files!];
    files.value = "";
    void upload(chosen, shop, tiles);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void upload([...event.dataTransfer!.files], shop, tiles);
  });
  onPress("#samples", () => samples(BURST).then((files) => upload(files, shop, tiles)));
  onPress("#redrive", () => shop.redrive());
  onPress("#discard", () => shop.discard());
  onPress("#report", () => shop.askForReport());
  const megapixels = find<HTMLSelectElement>("#megapixels");
  megapixels.value = String(await shop.megapixels());
  megapixels.addEventListener("change", () =>
    shop.allow(Number(megapixels.value)).catch((e) => warn("#trouble", e.message)),
  );
  // Only now somebody listens to them.
  for (const each of document.querySelectorAll<HTMLButtonElement>(":disabled")) each.disabled = false;
  void look(shop);
  await shop.tell();
}

open().catch((error: Error) => warn("#trouble", `${error.message}. Reload the page to try again.`));
