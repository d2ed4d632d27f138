// What a test sees of a bus, and does to it. A bus that is not under test has none, and pays nothing.
import type { Message } from "./message.js";
import type { Target } from "./target.js";

export interface Trial {
  /** It is published here, and nobody has heard it yet. */
  published(message: Message): void;
  /** Makes the call of a handler, and gives back what that gave. */
  handle(target: Target, message: Message, call: () => unknown): unknown;
  /** Whether a live follower does not hear a message. */
  misses(): boolean;
  /** Whether a queue hands out once more what was acknowledged. */
  repeats(): boolean;
  /** Whether a queue hands a message out after its successor. */
  overtakes(): boolean;
}

/** Where the rooms of one bus look for its trial. */
export interface Stand {
  trial: Trial | undefined;
}
