// Room that is kept back for a full disk: settling writes, too. A ballast file stands in the data directory; when the disk is full it is
// removed, so that what is held can be settled, and nothing new is taken until there is room to make it again.
import { randomFillSync } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../telemetry/log.js";

const FILE_NAME = "reserve";
const MIB = 1024 * 1024;
/** Two write-ahead logs, each as large as it gets before a checkpoint, and as much again for what a checkpoint moves into the file. */
const BYTES = 16 * MIB;

/** Frees what was kept back. */
export function spend(directory: string): void {
  rmSync(join(directory, FILE_NAME), { force: true });
}

export class Reserve {
  readonly #path: string;
  #full = false;

  constructor(
    readonly directory: string,
    readonly log: Log,
    readonly bytes: number = BYTES,
  ) {
    this.#path = join(directory, FILE_NAME);
    if (!this.#make()) this.#runOut();
  }

  /** There is no room but for settling. Looks whether there is room again. */
  get full(): boolean {
    // As much again has to be free, so that the next message does not fill the disk at once.
    if (this.#full && this.#free() >= 2 * this.bytes && this.#make()) {
      this.#full = false;
      this.log.info({ directory: this.directory }, "there is room on the disk again; messages are taken again");
    }
    return this.#full;
  }

  /** The disk is full: frees what was kept back. */
  spend(): void {
    spend(this.directory);
    this.#runOut();
  }

  #runOut(): void {
    if (this.#full) return;
    this.#full = true;
    this.log.error({ directory: this.directory }, "the disk is full; messages are refused until there is room again");
  }

  /** Bytes that are free for us. */
  #free(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  /** Of bytes that no filesystem compresses; false when they do not fit. */
  #make(): boolean {
    const file = openSync(this.#path, "a");
    try {
      const piece = randomFillSync(Buffer.alloc(Math.min(MIB, this.bytes)));
      for (let { size } = fstatSync(file); size < this.bytes; size += piece.length) {
        if (writeSync(file, piece) < piece.length) return this.#remove();
      }
      fsyncSync(file);
      return true;
    } catch {
      return this.#remove();
    } finally {
      closeSync(file);
    }
  }

  #remove(): false {
    spend(this.directory);
    return false;
  }
}
