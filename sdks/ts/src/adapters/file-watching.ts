// How what happens to files is learnt: by the operating system's events, or by looking.
import { existsSync } from "node:fs";
import type { FileEvent } from "./file-observer.js";
import type { FilePattern, FileState } from "./file-pattern.js";

/** Tells what is otherwise than at the last look, each time it is called. */
export function lookAt(files: FilePattern, tell: (event: FileEvent, path: string) => void): () => void {
  let before = files.find();
  return () => {
    const now = files.find();
    const was = before;
    before = now;
    for (const path of [...new Set([...was.keys(), ...now.keys()])].sort()) {
      const event = eventOf(was.get(path), now.get(path));
      if (event !== undefined) tell(event, path);
    }
  };
}

function eventOf(before: FileState | undefined, now: FileState | undefined): FileEvent | undefined {
  if (now === undefined) return "removed";
  if (before === undefined) return "created";
  const same = before.modified === now.modified && before.size === now.size && before.inode === now.inode;
  return same ? undefined : "modified";
}

export interface Watching {
  close(): Promise<void>;
  /** Calls back, once, when it cannot go on: the system watches no more files, or the folder is gone. */
  failed(callback: () => void): void;
}

/** Milliseconds in which several events are one look. */
const TOGETHER = 20;

/** Calls `look` after events of the operating system; undefined = chokidar is not installed or cannot watch. It keeps no program running. */
export async function watch({ folder, deep }: FilePattern, look: () => void): Promise<Watching | undefined> {
  const chokidar = await import("chokidar").catch(() => undefined);
  // Of a folder that is not there the system tells nothing, also when it comes.
  if (chokidar === undefined || !existsSync(folder)) return undefined;
  const watcher = chokidar.watch(folder, { persistent: false, ignoreInitial: true, ...(deep ? {} : { depth: 0 }) });
  let fail = () => {};
  let pending: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(pending);
    return watcher.close();
  };
  watcher.on("all", () => {
    pending ??= setTimeout(() => {
      pending = undefined;
      look();
      if (!existsSync(folder)) fail();
    }, TOGETHER);
  });
  const ready = await new Promise<boolean>((resolve) => {
    watcher.once("ready", () => resolve(true));
    watcher.once("error", () => resolve(false));
  });
  if (!ready) await close();
  // What happened while it began.
  else look();
  const failed = (callback: () => void) => {
    fail = once(callback);
    watcher.on("error", fail);
    if (!existsSync(folder)) fail();
  };
  return ready ? { close, failed } : undefined;
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
