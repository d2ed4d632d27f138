"""`publish_many`: the fast path. A message that nobody in this process follows is encoded by hand and never becomes
an object."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from time import time_ns
from types import FrameType
from typing import TYPE_CHECKING, Any

from .clock import stamp
from .errors import InvalidArgument, MessageTooLarge, ReservedIdentifier
from .frame import Framer
from .identifier import Identifier
from .message import Message
from .outbox import BATCH_BYTES, BATCH_MESSAGES, MESSAGE_BYTES
from .payload import BYTES, encode
from .published import Published
from .receipt import Receipt

if TYPE_CHECKING:
    from .courier import Courier

Item = Message | tuple[Any, ...]
"""A Message, or `(identifier, *args)`."""

LINGER = 1000
"""Microseconds that messages of a slow iterable may wait for more of them."""


class Bulk:
    """One call of `publish_many`."""

    def __init__(self, courier: Courier, caller: FrameType | None) -> None:
        self._registry = courier.registry
        self._link = link = courier.link
        # Publishes in this process; what it returns as bytes is for the link, if it is for the link.
        self._publish = courier.publish_here
        self._note = partial(_note, courier.published, caller)
        self._framer = Framer(courier.ident, self._note)
        # Whether each has to become an object.
        self._whole = link is None or courier.debugging is not None
        self._receipt = Receipt(None)
        self._frames: list[bytes] = []
        self._size = 0
        self._since = 0

    def publish(self, messages: Iterable[Item]) -> Receipt:
        try:
            for item in messages:
                if type(item) is tuple:
                    self._publish_call(item)
                elif isinstance(item, Message):
                    self._publish_whole(item)
                else:
                    raise _no_item(item)
        finally:
            self._flush()
        return self._receipt

    def _publish_call(self, item: tuple[Any, ...]) -> None:
        if not item or not isinstance(item[0], str):
            raise _no_item(item)
        identifier = item[0]
        if self._whole or self._registry.route(identifier) or stays(identifier):
            self._publish_whole(Message(*item))
            return
        if len(item) == 2 and type(item[1]) is bytes:
            content_type, payload = BYTES, item[1]
        else:
            content_type, payload = encode(item[1:], {})
        now = time_ns() // 1000
        frame = self._framer.frame(identifier, content_type, payload, now)
        if len(frame) > MESSAGE_BYTES:
            raise too_large(identifier, len(frame))
        self._add(frame, now)

    def _publish_whole(self, message: Message) -> None:
        self._note(message.id)
        reached, frame = self._publish(message)
        self._receipt.followers += reached.followers
        self._receipt.queues += reached.queues
        if frame:
            self._add(frame, stamp())

    def _add(self, frame: bytes, now: int) -> None:
        size = self._size + len(frame)
        if size > BATCH_BYTES:
            self._flush()
            size = len(frame)
        frames = self._frames
        if not frames:
            self._since = now
        frames.append(frame)
        self._size = size
        if len(frames) >= BATCH_MESSAGES or now - self._since > LINGER:
            self._flush()

    def _flush(self) -> None:
        if self._frames and self._link is not None:
            frames, size = self._frames, self._size
            self._frames, self._size = [], 0
            self._link.send(frames, size, self._receipt)


@lru_cache(maxsize=4096)
def stays(identifier: str) -> bool:
    """Whether it never leaves the process. Raises InvalidIdentifier, ReservedIdentifier."""
    parsed = Identifier.parse(identifier)
    check_publishable(parsed)
    return parsed.local


def _note(published: Published, caller: FrameType | None, identifier: str) -> None:
    published.note(identifier, caller)


def _no_item(item: object) -> InvalidArgument:
    return InvalidArgument(f"publish_many takes Messages and tuples (identifier, *args), not {item!r:.80}")


def check_publishable(identifier: Identifier) -> None:
    """Raises ReservedIdentifier."""
    if identifier.reserved:
        raise ReservedIdentifier(f"{identifier}: the name 'berrymq' is the system's own; publish to another name")


def too_large(identifier: str, size: int) -> MessageTooLarge:
    """The error of a message of so many bytes."""
    return MessageTooLarge(
        f"{identifier}: {size} bytes encoded, the limit is {MESSAGE_BYTES}; send the address of the content instead"
    )
