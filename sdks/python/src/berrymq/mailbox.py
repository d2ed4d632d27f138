"""Mailboxes: messages to one program by its ident, now or when it next connects; and word of who comes and goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import follower
from .callbacks import check_callback
from .calling import starting, waiting
from .errors import InvalidArgument
from .gateway_queue import GatewayQueue
from .ident import check_ident
from .keeper import Keeper, QueueOptions
from .link import Link
from .message import Message
from .receipt import Receipt
from .work import Work, Works

if TYPE_CHECKING:
    from .courier import Courier

Recv = Callable[[str, Message], object]
"""Called with the sender's ident and the message."""

Drop = Callable[[str, str], object]
"""Called with the ident of whom it was for, and the message's id."""

Presence = Callable[[str], object]
"""Called with an ident."""

PERSISTENT = "_mailbox"
TRANSIENT = "_mailbox.transient"


class Mailbox:
    """The way to one ident."""

    def __init__(self, courier: Courier, ident: str, ttl: float | None, persistent: bool) -> None:
        self._courier = courier
        courier.check_open()
        if ttl is not None and not ttl > 0:
            raise InvalidArgument(f"mailbox(ttl={ttl!r}): seconds, more than 0")
        self._address = address(ident, persistent)
        self._ttl = ttl

    def send(self, *args: Any, **kwargs: Any) -> Receipt:
        """Reaches that program now, or when it next connects, in order. Raises Unavailable before the first
        connection, NotEncodable, MessageTooLarge, BacklogFull while the link is down."""
        message = Message(self._address, *args, **kwargs)
        return self._courier.send(message if self._ttl is None else message.with_(ttl=self._ttl))


class Callback:
    """What a callback is registered with; it stays until `remove()`."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end

    def remove(self) -> None:
        """The callback is called no more. Once more is harmless."""
        self._end()


class Correspondence:
    """The receiving side of one bus. Both mailboxes of its ident are consumed while somebody wants what is in them."""

    def __init__(self, courier: Courier, works: Works) -> None:
        self._courier = courier
        self._works = works
        self._callbacks: list[Recv] = []
        self._consuming: list[Work] = []
        self._followings: set[follower.Following] = set()
        self._lock = threading.Lock()
        # One message at a time, though there are two mailboxes.
        self._turn = threading.Lock()

    def on_recv(self, callback: Recv) -> Callback:
        self._courier.check_open()
        check_callback(callback, ("ident", "message"), "on_recv")
        callback = waiting(self._courier.dispatcher, callback)
        with self._lock:
            self._callbacks = [*self._callbacks, callback]
            if not self._consuming:
                self._consuming = [self._consume(persistent) for persistent in (True, False)]
        return Callback(lambda: self._remove(callback))

    def on_drop(self, callback: Drop) -> Callback:
        check_callback(callback, ("ident", "message_id"), "on_drop")

        def dropped(message: Message) -> object:
            told = message.kwargs
            mailbox, _, action = str(told.get("identifier", "")).rpartition(":")
            if mailbox in (PERSISTENT, TRANSIENT) and told.get("sender") == self._courier.ident:
                return callback(_unescape(action), told["message_id"])
            return None

        return self._follow("berrymq:drop", dropped, callback)

    def on_presence(self, action: str, callback: Presence) -> Callback:
        """`connect` or `disconnect`."""
        check_callback(callback, ("ident",), f"on_{action}")
        return self._follow(f"berrymq:{action}", lambda message: callback(message.kwargs["ident"]), callback)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def _follow(self, pattern: str, handle: follower.Handle, callback: Callable[..., object]) -> Callback:
        """`handle` returns what the callback returned."""
        self._courier.check_open()
        call = starting(self._courier.dispatcher, callback)
        following = follower.regist(self._courier.registry, pattern, handle, call=call)
        # Followers are held weakly; a callback stays until it is removed.
        self._followings.add(following)

        def end() -> None:
            following.unfollow()
            self._followings.discard(following)

        return Callback(end)

    def _consume(self, persistent: bool) -> Work:
        def open_keeper(link: Link | None) -> Keeper | None:
            name = address(self._courier.ident, persistent)
            return None if link is None else GatewayQueue(link, QueueOptions(name, (), False))

        work = Work(self._courier, self._works.leases, open_keeper, lambda: self._receive)
        self._works.add(work)
        return work

    def _receive(self, message: Message) -> None:
        """To every callback; the first error, if there is one, is raised once all were called."""
        failure: Exception | None = None
        with self._turn:
            for callback in self._callbacks:
                try:
                    callback(message.sender, message)
                except Exception as error:
                    failure = failure or error
        if failure is not None:
            raise failure

    def _remove(self, callback: Recv) -> None:
        with self._lock:
            if callback in self._callbacks:
                position = self._callbacks.index(callback)
                self._callbacks = self._callbacks[:position] + self._callbacks[position + 1 :]
            ended, self._consuming = ([], self._consuming) if self._callbacks else (self._consuming, [])
        for work in ended:
            work.end()


def address(ident: str, persistent: bool) -> str:
    """The identifier, and the queue, of a mailbox. Raises InvalidArgument."""
    escaped = "".join(f"%{ord(letter):02X}" if letter in "%:@*" else letter for letter in check_ident(ident))
    return f"{PERSISTENT if persistent else TRANSIENT}:{escaped}"


def _unescape(action: str) -> str:
    for letter in ":@*%":
        action = action.replace(f"%{ord(letter):02X}", letter)
    return action
