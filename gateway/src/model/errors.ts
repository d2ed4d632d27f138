// The closed list of reasons for which the gateway refuses, with the gRPC code of each and whether trying again may help.
// docs/errors.md shows the same table; a test compares them. Transports translate from here.
import { Reason } from "../gen/berrymq/v1/error.js";

/** Canonical codes (google.rpc.Code), which the other transports' codes derive from. */
export type Code =
  | "INVALID_ARGUMENT"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "DEADLINE_EXCEEDED"
  | "UNAVAILABLE"
  | "UNIMPLEMENTED"
  | "INTERNAL";

const table = {
  INVALID_IDENTIFIER: { code: "INVALID_ARGUMENT", retryable: false },
  RESERVED_IDENTIFIER: { code: "PERMISSION_DENIED", retryable: false },
  MALFORMED_MESSAGE: { code: "INVALID_ARGUMENT", retryable: false },
  INVALID_ARGUMENT: { code: "INVALID_ARGUMENT", retryable: false },
  MESSAGE_TOO_LARGE: { code: "RESOURCE_EXHAUSTED", retryable: false },
  BATCH_TOO_LARGE: { code: "RESOURCE_EXHAUSTED", retryable: false },
  LIMIT_REACHED: { code: "RESOURCE_EXHAUSTED", retryable: true },
  QUEUE_NOT_FOUND: { code: "NOT_FOUND", retryable: false },
  QUEUE_EXISTS: { code: "ALREADY_EXISTS", retryable: false },
  QUEUE_FULL: { code: "RESOURCE_EXHAUSTED", retryable: true },
  LEASE_LOST: { code: "FAILED_PRECONDITION", retryable: false },
  NO_FOLLOWERS: { code: "NOT_FOUND", retryable: true },
  HANDLER_FAILED: { code: "ABORTED", retryable: false },
  TIMEOUT: { code: "DEADLINE_EXCEEDED", retryable: true },
  HOP_LIMIT: { code: "FAILED_PRECONDITION", retryable: false },
  DRAINING: { code: "UNAVAILABLE", retryable: true },
  NOT_SUPPORTED: { code: "UNIMPLEMENTED", retryable: false },
  STORAGE_FAILED: { code: "UNAVAILABLE", retryable: true },
  TAKEN_OVER: { code: "ABORTED", retryable: false },
  INTERNAL: { code: "INTERNAL", retryable: false },
} as const satisfies Record<string, { code: Code; retryable: boolean }>;

/** The reasons that a gateway gives; the SDKs have a few more of their own. */
export type ReasonName = keyof typeof table;

export const reasonNames = Object.keys(table) as ReasonName[];

/** A refusal. Its message is for people: it names the value and the way out. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly reason: ReasonName,
    message: string,
  ) {
    super(shortened(message));
  }

  get code(): Code {
    return table[this.reason].code;
  }

  get retryable(): boolean {
    return table[this.reason].retryable;
  }

  /** The refusal as the contract's `Error`. */
  toError(): { reason: Reason; message: string; retryable: boolean } {
    return { reason: Reason[`REASON_${this.reason}`], message: this.message, retryable: this.retryable };
  }
}

/** Messages quote what they refuse, and travel in headers, which clients take only so much of: 8 KiB, base64 and all. */
const MAX_MESSAGE_LENGTH = 500;

function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  // A character that is cut in two could not be encoded.
  return `${message.slice(0, MAX_MESSAGE_LENGTH).replace(/\p{Surrogate}$/u, "")}…`;
}

/** Why the gateway cannot start, in words for the person who starts it. */
export class StartError extends Error {}

/** The one converter from anything thrown: what is not a refusal is a fault of ours, whose cause only the log learns. */
export function toRefusal(error: unknown, log: (error: unknown) => void): Refusal {
  if (error instanceof Refusal) return error;
  log(error);
  return new Refusal("INTERNAL", "the gateway failed at this call; its log knows more");
}
