"""The bus: publishes to the followers of this process, and over its link to everybody's."""

from __future__ import annotations

import atexit
import os
import secrets
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, TypeVar

from . import follower
from .asking import Asker
from .bulk import Bulk, Item, check_publishable, too_large
from .dispatch import Dispatcher, OnError
from .errors import Closed, InvalidArgument, Timeout
from .follower import Following, Guard, Handle
from .frame import frame_encoded
from .gateway_queue import GatewayQueue
from .identifier import Identifier
from .inbox import Inbox
from .keeper import Keeper, QueueOptions
from .link import Link, LinkOptions
from .local_queues import LocalQueues
from .message import Message, Wire, addressed, pack, received
from .outbox import MESSAGE_BYTES
from .receipt import Receipt
from .registry import Registry
from .stream import Stream
from .talk import DEFAULT_TIMEOUT, Answers, PublishedAnswers, Within
from .transports import load, parse_url

F = TypeVar("F", bound=Callable[..., Any])

MIB = 1024 * 1024
_CLOSE_FLUSH = 5.0


class Bus:
    """A bus of its own. It needs no server; `connect` joins it to a gateway. `ident` is the name by which others know
    it."""

    def __init__(self, ident: str | None = None) -> None:
        self._reopens = False
        self._ident = _check_ident(ident) if ident is not None else _new_ident()
        self._named = ident is not None
        self._registry = Registry()
        self._dispatcher = Dispatcher()
        self._queues = LocalQueues(self._registry)
        self._asker = Asker(self._registry, self._queues, self._dispatcher)
        self._link: Link | None = None
        self._closed = False
        _buses.add(self)

    @property
    def ident(self) -> str:
        """The sender of what it publishes."""
        return self._ident

    @property
    def connected(self) -> bool:
        """True from `connect` to `close`, over reconnections, too."""
        return self._link is not None

    def publish(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Receipt:
        """Calls the followers of this process, then hands the message to the link. Returns at once.

        Raises InvalidIdentifier, ReservedIdentifier, Closed, QueueFull of a queue in this process; when the message
        leaves the process NotEncodable, MessageTooLarge, and BacklogFull while the link is down."""
        return self._publish(_as_message(identifier, args, kwargs))

    twitter = publish

    def publish_many(self, messages: Iterable[Item]) -> Receipt:
        """Publishes each, a `Message` or a tuple `(identifier, *args)`; one receipt for all. Raises what `publish`
        raises; what came before stays published."""
        self._check_open()
        return Bulk(self._registry, self._link, self._ident, self._publish_here).publish(messages)

    def talk(self, identifier: str | Message, reply_to: str, /, *args: Any, **kwargs: Any) -> Receipt:
        """Publishes; what each handler returns, wherever it runs, is published to `reply_to`."""
        check_publishable(Identifier.parse(reply_to))
        return self._publish(addressed(_as_message(identifier, args, kwargs), reply_to))

    def ask(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Any:
        """The value of the first answer. Raises HandlerFailed, NoFollowers at once, Timeout after 30 s."""
        return self._ask(identifier, args, kwargs, DEFAULT_TIMEOUT)

    def ask_many(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Answers:
        """Everybody's values as they come, for 30 s. Raises NoFollowers at once; HandlerFailed in their midst."""
        return self._ask_many(identifier, args, kwargs, DEFAULT_TIMEOUT)

    def within(self, seconds: float) -> Within:
        """`within(5).ask(…)`: asks with another time limit."""
        if not seconds > 0:
            raise InvalidArgument(f"within({seconds!r}): seconds, more than 0")
        return Within(self, seconds)

    def follow(self, *patterns: str, max_messages: int = 10_000, max_bytes: int = 16 * MIB) -> Stream:
        """Messages to iterate over, from now on, in a buffer of their own; when it is full the oldest go
        (`berrymq:lag` tells)."""
        self._check_open()
        return Stream(self._registry, patterns, max_messages, max_bytes, self._tell_lag)

    def following_function(self, identifier: str, guard_condition: Guard | None = None) -> Callable[[F], F]:
        """Decorator: the function is called with each message that the pattern reaches and the guard agrees to."""

        def follow(function: F) -> F:
            follower.regist(self._registry, identifier, function, guard_condition)
            return function

        return follow

    def regist_function(self, identifier: str, function: Handle, guard_condition: Guard | None = None) -> Following:
        """Lets a function follow. Keep what is returned: it holds a function that nobody else holds, and can
        `unfollow()`."""
        return follower.regist(self._registry, identifier, function, guard_condition)

    def regist_method(self, identifier: str, method: Handle, guard_condition: Guard | None = None) -> Following:
        """Lets a bound method follow for as long as its object lives."""
        return follower.regist(self._registry, identifier, method, guard_condition)

    def set_multiplicity(self, threads: int) -> None:
        """Handlers run in so many threads; 0, as at first, = in the thread that publishes, in order."""
        self._dispatcher.set_multiplicity(threads)

    def show_followers(self) -> list[str]:
        """What is followed in this process, sorted."""
        return self._registry.patterns()

    def on_error(self, callback: OnError | None) -> None:
        """`callback(error, message, handler)` hears what handlers raise; None = the log does."""
        self._dispatcher.on_error(callback)

    def connect(
        self,
        url: str,
        ident: str | None = None,
        timeout: float = 10.0,
        max_held: int = 65536,
        max_held_bytes: int = 64 * MIB,
    ) -> Bus:
        """Joins this bus to the gateway at `host:port` and returns it once the gateway follows for it.

        While the connection is lost, up to `max_held` publishes of `max_held_bytes` wait for it. Raises
        InvalidArgument, Unavailable after `timeout` seconds, Closed."""
        if self._reopens:
            self._closed = False
        self._check_open()
        if self._link is not None:
            raise InvalidArgument(
                f"this bus is linked to {self._link.options.target} already; close() it first, or make another Bus"
            )
        if ident is not None:
            self._ident, self._named = _check_ident(ident), True
        link = self._new_link(LinkOptions(parse_url(url), self._ident, max_held, max_held_bytes))
        link.start()
        try:
            link.wait_connected(timeout)
        except BaseException:
            link.close()
            raise
        self._link = link
        _renew_links_after_fork()
        return self

    def flush(self, timeout: float = 10.0) -> None:
        """Returns once every publish so far is answered and every pattern so far is followed. Raises Timeout."""
        if self._link is not None:
            self._link.flush(timeout)

    def close(self) -> None:
        """Flushes for 5 s at most, ends link, streams and threads. Publishing raises Closed afterwards. Idempotent."""
        self._closed = True
        link = self._link
        if link is not None:
            # What is left is refused by link.close, and its receipts tell.
            with suppress(Timeout, Closed):
                link.flush(_CLOSE_FLUSH)
            link.close()
            self._link = None
        for receiver in self._registry.receivers():
            receiver.close()
        self._dispatcher.set_multiplicity(0)

    def __enter__(self) -> Bus:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _publish(self, message: Message) -> Receipt:
        self._check_open()
        receipt, frame = self._publish_here(message)
        link = self._link
        if frame and link is not None:
            link.send((frame,), len(frame), receipt)
        return receipt

    def _publish_here(self, message: Message) -> tuple[Receipt, bytes]:
        """To the receivers of this process; also returns the frame for the link, empty when the message stays here.
        It is made first: what cannot travel reaches nobody."""
        identifier = message.identifier
        check_publishable(identifier)
        frame = b"" if self._link is None or identifier.local else self._encode(message)
        return self._publish_locally(message), frame

    def _publish_locally(self, message: Message) -> Receipt:
        self._sign(message)
        receivers = self._registry.route(message.id)
        if not receivers:
            return Receipt(message)
        self._queues.check_room(receivers, message)
        answers = PublishedAnswers(message, self._publish, declines=False) if message.reply_to else None
        return Receipt(message, *self._dispatcher.dispatch(message, receivers, answers))

    def _sign(self, message: Message) -> None:
        if not message._wire.sender:
            message._wire.sender = self._ident

    def _encode(self, message: Message) -> bytes:
        """An element of a batch; a local reply_to means this process only and stays here. Raises NotEncodable,
        MessageTooLarge."""
        self._sign(message)
        return _frame(addressed(message, "") if message.reply_to.startswith("_") else message)

    def _deliver(self, wire: Wire) -> None:
        """What came over the link, in the dispatching thread."""
        receivers = self._registry.route_linked(wire.identifier)
        if not receivers:
            return
        message = received(wire)
        reply_to = wire.reply_to
        if not reply_to:
            self._dispatcher.hand_over(message, receivers)
            return
        # A local reply_to from outside is the gateway's own: it takes the answer on its way.
        asked = reply_to.startswith("_")
        answers = PublishedAnswers(message, self._send if asked else self._publish, declines=asked)
        self._dispatcher.dispatch(message, receivers, answers)

    def _send(self, message: Message) -> None:
        """Over the link only."""
        link = self._link
        if link is not None:
            self._sign(message)
            frame = _frame(message)
            link.send((frame,), len(frame), Receipt(message))

    def _ask(self, identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float) -> Any:
        message = self._question(identifier, args, kwargs)
        link = None if message.identifier.local else self._link
        frame = self._encode(message) if link is not None else b""
        return self._asker.ask(message, link, frame, seconds)

    def _ask_many(
        self, identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float
    ) -> Answers:
        message = self._question(identifier, args, kwargs)
        return self._asker.ask_many(message, None if message.identifier.local else self._link, seconds)

    def _question(self, identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Message:
        self._check_open()
        message = _as_message(identifier, args, kwargs)
        check_publishable(message.identifier)
        self._sign(message)
        return message

    def _keeper(self, options: QueueOptions) -> Keeper:
        """Where a new queue is kept: at the gateway, if there is one and its pattern is not local."""
        self._check_open()
        link = self._link
        if link is None or all(Identifier.parse(pattern).local for pattern in options.patterns):
            return self._queues.open(options)
        return GatewayQueue(link, options).create()

    def _tell_lag(self, dropped: int, pattern: str) -> None:
        """A message of the system, for the followers of this process."""
        self._publish_locally(Message("berrymq:lag", dropped=dropped, pattern=pattern))

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("this bus was closed")

    def _new_link(self, options: LinkOptions) -> Link:
        return Link(options, self._registry, Inbox(self._deliver), load())

    def _after_fork(self) -> None:
        """In the child: locks and threads are the parent's."""
        self._registry.after_fork()
        self._dispatcher.after_fork()
        self._queues.after_fork()
        for receiver in self._registry.receivers():
            receiver.after_fork()
        if not self._named:
            self._ident = _new_ident()

    def _relink(self) -> None:
        """In the child: the connection is the parent's, too; the child gets one, and a session, of its own."""
        if self._link is not None:
            self._link.orphan()
            self._link = self._new_link(self._link.options._replace(ident=self._ident))
            self._link.start()


def _as_message(identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Message:
    if not isinstance(identifier, Message):
        return Message(identifier, *args, **kwargs)
    if args or kwargs:
        raise InvalidArgument(
            f"a Message brings its own arguments; {args!r:.80} {kwargs!r:.80} beside it cannot be added"
        )
    return identifier


def _frame(message: Message) -> bytes:
    encoded = pack(message).SerializeToString()
    if len(encoded) > MESSAGE_BYTES:
        raise too_large(message.id, len(encoded))
    return frame_encoded(encoded)


def _new_ident() -> str:
    return f"python-{os.getpid()}-{secrets.token_hex(4)}"


def _check_ident(ident: str) -> str:
    if not ident or len(ident) > 255 or not (ident.isascii() and ident.isprintable()):
        raise InvalidArgument(f"ident={ident!r:.80}: 1 to 255 printable ASCII letters")
    return ident


_buses: weakref.WeakSet[Bus] = weakref.WeakSet()


def _renew_after_fork() -> None:
    for bus in list(_buses):
        bus._after_fork()


def _relink_after_fork() -> None:
    for bus in list(_buses):
        bus._relink()


@lru_cache(maxsize=1)
def _renew_links_after_fork() -> None:
    """Called once there was a connection: gRPC registers its own hooks with its first, and they have to run first in
    the child."""
    os.register_at_fork(after_in_child=_relink_after_fork)


def _close_all() -> None:
    """At the end of the program: what was published is still sent."""
    for bus in list(_buses):
        bus.close()


os.register_at_fork(after_in_child=_renew_after_fork)
atexit.register(_close_all)
