// How what happens to files is learnt: by the operating system's events, or by looking.
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

/** Calls `look` after events of the operating system; undefined = chokidar is not installed or cannot watch. */
export async function watch({ folder, deep }: FilePattern, look: () => void): Promise<Watching | undefined> {
  const chokidar = await import("chokidar").catch(() => undefined);
  if (chokidar === undefined) return undefined;
  const watcher = chokidar.watch(folder, { ignoreInitial: true, ...(deep ? {} : { depth: 0 }) });
  let pending: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(pending);
    return watcher.close();
  };
  watcher.on("all", () => {
    pending ??= setTimeout(() => {
      pending = undefined;
      look();
    }, TOGETHER);
  });
  const ready = await new Promise<boolean>((resolve) => {
    watcher.once("ready", () => resolve(true));
    watcher.once("error", () => resolve(false));
  });
  if (!ready) await close();
  // What happened while it began.
  else look();
  return ready ? { close, failed: (callback) => void watcher.once("error", callback) } : undefined;
}
