// How time passes for a test: virtually, or as at a gateway, really.
import type { Target } from "../target.js";

export interface Passing {
  /** Seconds since the beginning. */
  readonly now: number;
  /** Lets so many seconds pass, and what they set off come to its end. */
  advance(seconds: number): Promise<void>;
  /** Resolves when no handler is at work. */
  settle(): Promise<void>;
  /** Asks again and again, for as long as an answer may still come; undefined = it did not. */
  eventually<T>(look: () => T | undefined): Promise<T | undefined>;
  /** Makes the call of a handler. */
  handle(target: Target, call: () => unknown): unknown;
  /** Time is the machine's again. */
  end(): void;
}
