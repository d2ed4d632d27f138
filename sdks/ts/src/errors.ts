// Every way in which berryMQ refuses: one class for each reason of error.proto, and nothing else is thrown on purpose.

/** What all of them have in common. `message` names the value and the way out. */
export abstract class BerryMQError extends Error {
  /** The reason's name in error.proto, without `REASON_`. */
  abstract readonly reason: string;
  /** True when the same call may succeed later, unchanged. */
  readonly retryable: boolean = false;

  /** The name of its class. */
  override get name(): string {
    return this.constructor.name;
  }
}

/** An identifier or a pattern breaks the rules. */
export class InvalidIdentifier extends BerryMQError {
  readonly reason = "INVALID_IDENTIFIER";
}

/** The name `berrymq` belongs to the system. */
export class ReservedIdentifier extends BerryMQError {
  readonly reason = "RESERVED_IDENTIFIER";
}

/** The bytes are not the message that they should be. */
export class MalformedMessage extends BerryMQError {
  readonly reason = "MALFORMED_MESSAGE";
}

/** An argument holds a value that the call does not take. */
export class InvalidArgument extends BerryMQError {
  readonly reason = "INVALID_ARGUMENT";
}

/** One message is larger than 4 MiB. */
export class MessageTooLarge extends BerryMQError {
  readonly reason = "MESSAGE_TOO_LARGE";
}

/** A batch holds more messages or bytes than the gateway takes. */
export class BatchTooLarge extends BerryMQError {
  readonly reason = "BATCH_TOO_LARGE";
}

/** A bounded number is used up. */
export class LimitReached extends BerryMQError {
  readonly reason = "LIMIT_REACHED";
  override readonly retryable = true;
}

/** No queue has that name. */
export class QueueNotFound extends BerryMQError {
  readonly reason = "QUEUE_NOT_FOUND";
}

/** A queue of that name exists with other options. */
export class QueueExists extends BerryMQError {
  readonly reason = "QUEUE_EXISTS";
}

/** A queue that refuses at its bound is at its bound. */
export class QueueFull extends BerryMQError {
  readonly reason = "QUEUE_FULL";
  override readonly retryable = true;
}

/** The lease ran out; somebody else may hold the message now. */
export class LeaseLost extends BerryMQError {
  readonly reason = "LEASE_LOST";
}

/** An ask found nobody who answers. */
export class NoFollowers extends BerryMQError {
  readonly reason = "NO_FOLLOWERS";
  override readonly retryable = true;
}

/** The handler that should have answered threw. */
export class HandlerFailed extends BerryMQError {
  readonly reason = "HANDLER_FAILED";

  constructor(
    /** Class of what it threw. */
    readonly className: string,
    /** Its text. */
    readonly text: string,
  ) {
    super(`the handler failed: ${className}: ${text}`);
  }
}

/** The time that the caller allowed is over. */
export class Timeout extends BerryMQError {
  readonly reason = "TIMEOUT";
  override readonly retryable = true;
}

/** The message has travelled too many talks and links. */
export class HopLimit extends BerryMQError {
  readonly reason = "HOP_LIMIT";
}

/** The gateway is about to stop and takes nothing new. */
export class Draining extends BerryMQError {
  readonly reason = "DRAINING";
  override readonly retryable = true;
}

/** The gateway cannot be reached. */
export class Unavailable extends BerryMQError {
  readonly reason = "UNAVAILABLE";
  override readonly retryable = true;
}

/** The bus holds as many unanswered publishes as it may. */
export class BacklogFull extends BerryMQError {
  readonly reason = "BACKLOG_FULL";
  override readonly retryable = true;
}

/** The bus, queue or stream was closed by its owner. */
export class Closed extends BerryMQError {
  readonly reason = "CLOSED";
}

/** The value cannot be written as JSON. */
export class NotEncodable extends BerryMQError {
  readonly reason = "NOT_ENCODABLE";
}

/** The engine of this gateway cannot do that. */
export class NotSupported extends BerryMQError {
  readonly reason = "NOT_SUPPORTED";
}

/** The engine of the gateway could not write, for instance because the disk is full. Nothing of it is kept. */
export class StorageFailed extends BerryMQError {
  readonly reason = "STORAGE_FAILED";
  override readonly retryable = true;
}

/** A newer program of the same ident has taken its place. */
export class TakenOver extends BerryMQError {
  readonly reason = "TAKEN_OVER";
}

/** A fault of the gateway; its log knows more. */
export class Internal extends BerryMQError {
  readonly reason = "INTERNAL";
}
