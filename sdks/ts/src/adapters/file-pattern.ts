// Globs: which files one meets, and below which folder they are.
import { readdirSync, statSync } from "node:fs";

/** By which a changed file is known. */
export interface FileState {
  readonly modified: number;
  readonly size: number;
  readonly inode: number;
}

const WILD = /[*?]/;

export class FilePattern {
  /** Everything that it meets is in there. */
  readonly folder: string;
  /** Whether it meets files in folders of that one, too. */
  readonly deep: boolean;
  private readonly prefix: string;
  private readonly rest: RegExp;

  /** @param glob with `/` between folders; `**` is any number of them */
  constructor(glob: string) {
    const parts = glob.split("/");
    const plain = parts.slice(0, -1).findIndex((part) => WILD.test(part));
    const at = plain < 0 ? parts.length - 1 : plain;
    this.prefix = parts
      .slice(0, at)
      .map((part) => `${part}/`)
      .join("");
    this.folder = this.prefix || ".";
    this.deep = at < parts.length - 1 || parts.at(-1)!.includes("**");
    this.rest = new RegExp(
      `^${parts
        .slice(at)
        .join("/")
        .split(/(\*\*\/?|[*?])/)
        .map(regular)
        .join("")}$`,
    );
  }

  /** The files that are there now; none of a folder that is not there. @throws what says nothing of files, as too many open ones */
  find(): Map<string, FileState> {
    const found = new Map<string, FileState>();
    for (const rest of this.names("")) {
      const state = this.rest.test(rest) ? stateOf(`${this.prefix}${rest}`) : undefined;
      if (state !== undefined) found.set(`${this.prefix}${rest}`, state);
    }
    return found;
  }

  /** Folder by folder: one that goes meanwhile takes nothing else with it. */
  private *names(below: string): Generator<string> {
    for (const entry of there(() => readdirSync(`${this.prefix}${below}` || ".", { withFileTypes: true })) ?? []) {
      yield `${below}${entry.name}`;
      if (this.deep && entry.isDirectory()) yield* this.names(`${below}${entry.name}/`);
    }
  }
}

/** Undefined = it is no file, or went meanwhile. */
function stateOf(path: string): FileState | undefined {
  const told = there(() => statSync(path));
  return told?.isFile() ? { modified: told.mtimeMs, size: told.size, inode: told.ino } : undefined;
}

/** What the system says when there is nothing to be seen at a path, among it a link that leads to itself. */
const NOT_THERE = ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG"];

function there<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (NOT_THERE.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function regular(part: string): string {
  if (part === "**/") return "(?:.*/)?";
  if (part === "**") return ".*";
  if (part === "*") return "[^/]*";
  if (part === "?") return "[^/]";
  return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
}
