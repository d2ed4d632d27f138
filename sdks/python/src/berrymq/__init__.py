"""berryMQ: the programmer-friendly, cross-language message queue.

    from berrymq import following_function, publish

    @following_function("*:log")
    def receive_log(message):
        print(message.id, message.args[0])

    publish("do_something:log", "hello")

- To publish and to follow: `publish`, `following_function`, `following`, `follow`; the `Message`. A class whose methods
  follow inherits from `Follower`, or has it as its metaclass.
- To ask: `ask`, `ask_many`, `within`, `talk`, `pipeline`.
- What is kept until it is done: `Queue`; what its handlers may raise: `Retry`, `Reject`, `Release`.
- Between programs: `connect`, `run`, `close`, `send`, `mailbox`.
- When something goes wrong: every refusal is a `BerryMQError`; `on_error` hears what handlers raise.

These functions are those of one default `Bus`. Times are in seconds, unless something else is said.

More modules: `berrymq.aio`, the same as coroutines; `berrymq.testing`, tests without a server; `berrymq.adapters`,
messages about files and time, and notifications.
"""

from .bus import Bus
from .condition import Condition, cond
from .default_bus import (
    ask,
    ask_many,
    auto_twitter,
    close,
    close_connection,
    connect,
    connect_oneway,
    connect_via_queue,
    debug_messages,
    flush,
    follow,
    following_function,
    get,
    get_nowait,
    interconnect,
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
    run,
    send,
    send_message,
    set_multiplicity,
    show_followers,
    show_network,
    take_errors,
    talk,
    twitter,
    twitter_exception,
    unfollow,
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
from .handler_errors import HandlerError
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
    "Condition",
    "Delivery",
    "Draining",
    "Empty",
    "Failure",
    "Follower",
    "Following",
    "HandlerError",
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
    "auto_twitter",
    "close",
    "close_connection",
    "cond",
    "connect",
    "connect_oneway",
    "connect_via_queue",
    "debug_messages",
    "flush",
    "follow",
    "following",
    "following_function",
    "get",
    "get_nowait",
    "interconnect",
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
    "run",
    "send",
    "send_message",
    "set_multiplicity",
    "show_followers",
    "show_network",
    "take_errors",
    "talk",
    "twitter",
    "twitter_exception",
    "unfollow",
    "within",
]
