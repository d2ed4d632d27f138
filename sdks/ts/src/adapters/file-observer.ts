// Publishes what happens to files.
import { sep } from "node:path";
import type { AnyBus } from "../bus.js";
import { defaultBus } from "../default-bus.js";
import { InvalidArgument } from "../errors.js";
import { inside } from "../inside.js";
import type { OnBus } from "../unfollow.js";
import { FilePattern } from "./file-pattern.js";
import { lookAt, watch } from "./file-watching.js";
import { checkIdName } from "./id-name.js";

export interface FileObserverOptions extends OnBus {
  /** Seconds between looks where the operating system's events cannot be had. Default 5. */
  readonly interval?: number | undefined;
}

/** What may happen to a file. */
export type FileEvent = "created" | "modified" | "removed";

/**
 * Publishes `idName:created`, `idName:modified` and `idName:removed` with the path of each file that the glob (`*`, `?`, `**`) meets;
 * what is there already is no news. By the operating system's events where `chokidar` is installed; else, where it cannot watch, as a
 * folder that is not there, and in virtual time, by looking every `interval` seconds. It alone keeps no program running.
 */
export class FileObserver implements AsyncDisposable {
  /** Resolves when whatever happens from now on is told. */
  readonly ready: Promise<void>;
  /** Whether it looks in intervals. */
  polls = false;
  private stopped = false;
  private end: () => unknown = () => {};

  /** @throws InvalidArgument, InvalidIdentifier */
  constructor(glob: string, idName: string, { interval = 5, bus = defaultBus }: FileObserverOptions = {}) {
    if (!(interval > 0 && interval < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgument(`interval is seconds above 0, not ${interval}`);
    }
    if (glob === "") throw new InvalidArgument('glob is empty; it says which files, as "photos/**/*.jpg"');
    checkIdName(idName, "created");
    const files = new FilePattern(glob.replaceAll(sep, "/"));
    const tell = (event: FileEvent, path: string) => {
      if (inside(bus).closed) void this.stop();
      else if (!this.stopped) void bus.publish(`${idName}:${event}`, path);
    };
    this.ready = this.begin(files, tell, bus, interval);
    // Who does not wait for it hears of it all the same.
    this.ready.catch((error) => inside(bus).reporting.report(error));
  }

  /** Nothing is told after it. Harmless twice. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.end();
  }

  /** As `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async begin(
    files: FilePattern,
    tell: (event: FileEvent, path: string) => void,
    bus: AnyBus,
    interval: number,
  ): Promise<void> {
    const { clock } = bus;
    const lookNow = lookAt(files, tell);
    const look = () => {
      try {
        lookNow();
      } catch (error) {
        // Nothing is told of files then; the next look is at all that has changed since the last good one.
        inside(bus).reporting.report(error);
      }
    };
    const poll = () => {
      this.polls = true;
      const timer = clock.every(interval, look, false);
      this.end = () => timer.stop();
    };
    // In virtual time nothing may happen between two calls of `advance`.
    const watching = clock.virtual ? undefined : await watch(files, look);
    if (watching === undefined) poll();
    else {
      this.end = () => watching.close();
      watching.failed(() => {
        if (this.stopped) return;
        void watching.close();
        poll();
      });
    }
    if (this.stopped) await this.end();
  }
}
