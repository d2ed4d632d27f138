"""What can go wrong: one class per reason of `berrymq/v1/error.proto`, all of them `BerryMQError`.

    BerryMQError
     ├─ InvalidIdentifier, InvalidArgument      also ValueError
     ├─ NotEncodable                            also TypeError
     ├─ Timeout                                 also TimeoutError
     ├─ Unavailable                             also ConnectionError
     ├─ QueueFull                               also queue.Full
     └─ the others, one for each reason

`Empty` stands beside them: an empty queue is no failure, and it is a `queue.Empty`.
"""

from __future__ import annotations

import queue

from .gen.berrymq.v1 import error_pb2


class BerryMQError(Exception):
    """A refusal. `reason` is its name in the protocol; `retryable` tells whether the same call may succeed later."""

    reason = "INTERNAL"
    """The name of the refusal in the protocol; the list is closed."""
    retryable = False
    """Whether the same call, unchanged, may succeed later."""

    def __init__(self, message: str = "", retryable: bool | None = None) -> None:
        super().__init__(message)
        if retryable is not None:
            self.retryable = retryable


class InvalidIdentifier(BerryMQError, ValueError):
    """An identifier or a pattern breaks the rules; the offending part is quoted."""

    reason = "INVALID_IDENTIFIER"


class ReservedIdentifier(BerryMQError):
    """The name `berrymq` belongs to the system; programs may follow it, not publish to it."""

    reason = "RESERVED_IDENTIFIER"


class MalformedMessage(BerryMQError):
    """The bytes are not the message, or not the call, that they should be."""

    reason = "MALFORMED_MESSAGE"


class InvalidArgument(BerryMQError, ValueError):
    """A value that the call does not take."""

    reason = "INVALID_ARGUMENT"


class MessageTooLarge(BerryMQError):
    """One message is larger than the limit, 4 MiB unless the gateway says otherwise."""

    reason = "MESSAGE_TOO_LARGE"


class BatchTooLarge(BerryMQError):
    """A batch is larger than the gateway takes."""

    reason = "BATCH_TOO_LARGE"


class LimitReached(BerryMQError):
    """A bounded number (patterns, queues, streams) is used up."""

    reason = "LIMIT_REACHED"
    retryable = True


class QueueNotFound(BerryMQError):
    """No queue has that name."""

    reason = "QUEUE_NOT_FOUND"


class QueueExists(BerryMQError):
    """A queue of that name exists with other options."""

    reason = "QUEUE_EXISTS"


class QueueFull(BerryMQError, queue.Full):
    """A queue with overflow `reject_publish` is at its bound; the message reached nobody."""

    reason = "QUEUE_FULL"
    retryable = True


class LeaseLost(BerryMQError):
    """The lease ran out, or never was; somebody else may hold the message now."""

    reason = "LEASE_LOST"


class NoFollowers(BerryMQError):
    """An ask found nobody who answers."""

    reason = "NO_FOLLOWERS"
    retryable = True


class HandlerFailed(BerryMQError):
    """The handler that should have answered raised: `class_name` and `text` of its error."""

    reason = "HANDLER_FAILED"

    class_name: str
    """Of the error, as the handler's language calls it."""
    text: str
    """What the error says."""

    def __init__(self, message: str = "", retryable: bool | None = None, class_name: str = "", text: str = "") -> None:
        super().__init__(message or f"{class_name}: {text}", retryable)
        self.class_name = class_name
        self.text = text


class Timeout(BerryMQError, TimeoutError):
    """The time that the caller allowed is over."""

    reason = "TIMEOUT"
    retryable = True


class HopLimit(BerryMQError):
    """The message has travelled too many talks and links."""

    reason = "HOP_LIMIT"


class Draining(BerryMQError):
    """The gateway is about to stop and takes nothing new."""

    reason = "DRAINING"
    retryable = True


class Unavailable(BerryMQError, ConnectionError):
    """The gateway cannot be reached."""

    reason = "UNAVAILABLE"
    retryable = True


class BacklogFull(BerryMQError):
    """Not connected, and as many publishes are held as may be."""

    reason = "BACKLOG_FULL"
    retryable = True


class Closed(BerryMQError):
    """The bus, queue or stream was closed by its owner."""

    reason = "CLOSED"


class NotEncodable(BerryMQError, TypeError):
    """A value that JSON cannot hold; its path is named, as `args[0].when`."""

    reason = "NOT_ENCODABLE"


class NotSupported(BerryMQError):
    """The engine of this gateway cannot do that."""

    reason = "NOT_SUPPORTED"


class StorageFailed(BerryMQError):
    """The engine of the gateway could not write, for instance because the disk is full. Nothing of it is kept."""

    reason = "STORAGE_FAILED"
    retryable = True


class TakenOver(BerryMQError):
    """A newer program of the same ident has taken its place."""

    reason = "TAKEN_OVER"


class Internal(BerryMQError):
    """A fault of the gateway; its log knows more."""

    reason = "INTERNAL"


class Empty(queue.Empty):
    """Nothing was there, or nothing came in time."""


_BY_REASON = {kind.reason: kind for kind in BerryMQError.__subclasses__()}


def from_reason(reason: str, message: str, retryable: bool | None = None) -> BerryMQError:
    """The error of a reason's name (without `REASON_`); an unknown one is `Internal` and keeps the name in its text."""
    kind = _BY_REASON.get(reason)
    return kind(message, retryable) if kind else Internal(f"{reason}: {message}", retryable)


def from_wire(error: error_pb2.Error) -> BerryMQError:
    """The error that a response carries for one of its outcomes."""
    number = error.reason
    known = number in error_pb2.Reason.values()
    name = error_pb2.Reason.Name(number).removeprefix("REASON_") if known else f"reason {number}"
    return from_reason(name, error.message, error.retryable)


def text_of(error: BaseException) -> str:
    """What it says. One whose `__str__` raises says so, as in a traceback: whoever waits for it gets an answer."""
    try:
        return str(error)
    except Exception:
        return "<exception str() failed>"
