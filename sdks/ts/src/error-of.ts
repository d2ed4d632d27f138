// The error of a reason's name, as gateways tell it.
import {
  BacklogFull,
  BatchTooLarge,
  type BerryMQError,
  Closed,
  Draining,
  HandlerFailed,
  HopLimit,
  Internal,
  InvalidArgument,
  InvalidIdentifier,
  LeaseLost,
  LimitReached,
  MalformedMessage,
  MessageTooLarge,
  NoFollowers,
  NotEncodable,
  NotSupported,
  QueueExists,
  QueueFull,
  QueueNotFound,
  ReservedIdentifier,
  StorageFailed,
  TakenOver,
  Timeout,
  Unavailable,
} from "./errors.js";

const classes = [
  InvalidIdentifier,
  ReservedIdentifier,
  MalformedMessage,
  InvalidArgument,
  MessageTooLarge,
  BatchTooLarge,
  LimitReached,
  QueueNotFound,
  QueueExists,
  QueueFull,
  LeaseLost,
  NoFollowers,
  Timeout,
  HopLimit,
  Draining,
  Unavailable,
  BacklogFull,
  Closed,
  NotEncodable,
  NotSupported,
  StorageFailed,
  TakenOver,
  Internal,
];

const byReason = new Map(classes.map((each) => [new each("").reason as string, each]));

/** The error of a reason's name; an unknown reason (a newer gateway's) is {@link Internal}, with the reason in its text. */
export function errorOf(reason: string, message: string): BerryMQError {
  if (reason === "HANDLER_FAILED") return new HandlerFailed("Error", message);
  const found = byReason.get(reason);
  return found ? new found(message) : new Internal(`${reason}: ${message}`);
}
