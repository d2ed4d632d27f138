// Shows messages on the desktop of who works at this machine.
import { execFile } from "node:child_process";
import { defaultBus } from "../default-bus.js";
import { BerryMQError, NotSupported } from "../errors.js";
import type { Following } from "../follower.js";
import type { Message } from "../message.js";
import type { OnBus } from "../unfollow.js";

/** What is shown. */
export interface Notification {
  /** The first line. */
  readonly title: string;
  /** What stands below it. */
  readonly text: string;
}

/** Milliseconds that a program which shows something may take. */
const SHOWN_WITHIN = 10_000;

/**
 * Shows a notification of each message that the pattern meets, by `notify-send`, on a Mac by `osascript`. Where that is not possible,
 * `onError` of the bus hears NotSupported. Override {@link format} to say what is shown.
 */
export class DesktopNotifier implements Disposable {
  private readonly following: Following;

  /** @throws InvalidIdentifier */
  constructor(pattern: string, { bus = defaultBus }: OnBus = {}) {
    this.following = bus.followingFunction(pattern, (message: Message) => this.show(this.format(message)));
  }

  /** Title and text of a message. */
  format(message: Message): Notification {
    return { title: message.id, text: message.args.map(String).join(" ") };
  }

  /** Harmless twice. */
  stop(): void {
    this.following.unfollow();
  }

  /** As `stop`. */
  [Symbol.dispose](): void {
    this.stop();
  }

  private show({ title, text }: Notification): Promise<void> {
    const [program, args] = commandFor(title, text);
    return new Promise((resolve, reject) => {
      execFile(program, args, { timeout: SHOWN_WITHIN }, (error) => {
        if (error === null) resolve();
        else reject(error instanceof BerryMQError ? error : missing(program, error));
      });
    });
  }
}

/** Texts are arguments of their own, never part of a program's text. */
function commandFor(title: string, text: string): readonly [string, string[]] {
  if (process.platform !== "darwin") return ["notify-send", ["--", title, text]];
  const script = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";
  return ["osascript", ["-e", script, title, text]];
}

function missing(program: string, cause: Error): NotSupported {
  return new NotSupported(`${program} could not show a notification: ${cause.message.trim()}; is it installed?`, {
    cause,
  });
}
