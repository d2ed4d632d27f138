// A message as a queue of this process keeps it.
import type { Mortal } from "./expiring.js";
import type { Message } from "./message.js";

/** A kept message. */
export interface Entry extends Mortal {
  readonly message: Message;
  readonly priority: number;
  readonly sequence: number;
  readonly size: number;
  place: "ready" | "delayed" | "out";
  /** Counted attempts that failed. */
  failed: number;
  /** A test had its successor handed out before it. */
  disturbed?: boolean;
  /** A test had it handed out again after it was acknowledged. */
  repeated?: boolean;
}

/** Why a message went. */
export type Loss = "expired" | "overflow";
