// A directory for what a contestant keeps: on the disk of this checkout, so that everybody writes to the same one, and gone afterwards.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/programs.ts";

export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const parent = join(root, ".build", "bench");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "data-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
