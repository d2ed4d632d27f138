"""berryMQ: the programmer-friendly, cross-language message queue.

from berrymq import following_function, twitter

@following_function("*:log")
def receive_log(message):
    print(message.id, message.args[0])

twitter("do_something:log", "hello")
"""

from .bus import Bus
from .default_bus import (
    ask,
    ask_many,
    close,
    connect,
    flush,
    follow,
    following_function,
    mailbox,
    on_connect,
    on_disconnect,
    on_drop,
    on_error,
    on_recv,
    pipeline,
    publish,
    publish_many,
    regist_function,
    regist_method,
    send,
    set_multiplicity,
    show_followers,
    talk,
    twitter,
    within,
)
from .errors import (
    BacklogFull,
    BatchTooLarge,
    BerryMQError,
    Closed,
    Draining,
    Empty,
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
)
from .follower import Following
from .follower_class import Follower, following
from .identifier import Identifier, matches
from .keeper import QueueStatus
from .mailbox import Callback, Mailbox
from .message import Answer, Message
from .payload import Failure
from .pipeline import Pipeline
from .queue import Delivery, Queue
from .receipt import Receipt
from .stream import Stream
from .verdicts import Reject, Release, Retry
from .version import __version__

__all__ = [
    "Answer",
    "BacklogFull",
    "BatchTooLarge",
    "BerryMQError",
    "Bus",
    "Callback",
    "Closed",
    "Delivery",
    "Draining",
    "Empty",
    "Failure",
    "Follower",
    "Following",
    "HandlerFailed",
    "HopLimit",
    "Identifier",
    "Internal",
    "InvalidArgument",
    "InvalidIdentifier",
    "LeaseLost",
    "LimitReached",
    "Mailbox",
    "MalformedMessage",
    "Message",
    "MessageTooLarge",
    "NoFollowers",
    "NotEncodable",
    "NotSupported",
    "Pipeline",
    "Queue",
    "QueueExists",
    "QueueFull",
    "QueueNotFound",
    "QueueStatus",
    "Receipt",
    "Reject",
    "Release",
    "ReservedIdentifier",
    "Retry",
    "StorageFailed",
    "Stream",
    "TakenOver",
    "Timeout",
    "Unavailable",
    "__version__",
    "ask",
    "ask_many",
    "close",
    "connect",
    "flush",
    "follow",
    "following",
    "following_function",
    "mailbox",
    "matches",
    "on_connect",
    "on_disconnect",
    "on_drop",
    "on_error",
    "on_recv",
    "pipeline",
    "publish",
    "publish_many",
    "regist_function",
    "regist_method",
    "send",
    "set_multiplicity",
    "show_followers",
    "talk",
    "twitter",
    "within",
]
