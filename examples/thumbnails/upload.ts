// Files on their way to the shop: a tile for each at once, under its message's id as soon as that is known.
import type { Shop } from "./shop.ts";
import type { Tiles } from "./tiles.ts";

/** Files on their way at a time: enough for a burst, and a hundred pictures are never in memory at once. */
const LANES = 4;

let drafts = 0;

export async function upload(files: readonly File[], shop: Shop, tiles: Tiles): Promise<void> {
  const drafted = files.map((file) => [file, `draft ${++drafts}`] as const);
  for (const [file, draft] of drafted) tiles.show(draft, file.name, "sending", "on its way to the shop");
  const left = drafted.values();
  const lane = async () => {
    for (const [file, draft] of left) await send(file, draft, shop, tiles);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function send(file: File, draft: string, shop: Shop, tiles: Tiles): Promise<void> {
  try {
    const picture = await shop.upload(file);
    tiles.rename(draft, picture);
    tiles.show(picture, file.name, "waiting", "kept; waits for a worker");
  } catch (error) {
    tiles.show(draft, file.name, "failed", (error as Error).message);
  }
}
