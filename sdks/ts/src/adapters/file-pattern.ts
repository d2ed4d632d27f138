// Globs: which files one meets, and below which folder they are.
import { readdirSync, statSync } from "node:fs";
import { sep } from "node:path";

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

  /** The files that are there now; none of a folder that is not there. */
  find(): Map<string, FileState> {
    const found = new Map<string, FileState>();
    for (const rest of this.names()) {
      const state = this.rest.test(rest) ? stateOf(`${this.prefix}${rest}`) : undefined;
      if (state !== undefined) found.set(`${this.prefix}${rest}`, state);
    }
    return found;
  }

  private names(): string[] {
    try {
      const names = readdirSync(this.folder, { recursive: this.deep, encoding: "utf8" });
      return names.map((name) => name.replaceAll(sep, "/"));
    } catch {
      return [];
    }
  }
}

/** Undefined = it is no file, or went meanwhile. */
function stateOf(path: string): FileState | undefined {
  const told = statSync(path, { throwIfNoEntry: false });
  return told?.isFile() ? { modified: told.mtimeMs, size: told.size, inode: told.ino } : undefined;
}

function regular(part: string): string {
  if (part === "**/") return "(?:.*/)?";
  if (part === "**") return ".*";
  if (part === "*") return "[^/]*";
  if (part === "?") return "[^/]";
  return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
}
