"""`publish_many`: the fast path. A message that nobody in this process follows is encoded by hand and never becomes
an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from time import time_ns
from typing import TYPE_CHECKING, Any

from .errors import InvalidArgument, MessageTooLarge, ReservedIdentifier
from .frame import frame, head
from .identifier import Identifier
from .message import Message, now_microseconds
from .message_id import message_ids
from .outbox import BATCH_BYTES, BATCH_MESSAGES, MESSAGE_BYTES
from .payload import BYTES, encode
from .receipt import Receipt
from .registry import Registry

if TYPE_CHECKING:
    from .link import Link

Item = Message | Sequence[Any]
"""A Message, or `(identifier, *args)`."""

LINGER = 1000
"""Microseconds that messages of a slow iterable may wait for more of them."""


class Bulk:
    """One call of `publish_many`."""

    def __init__(
        self, registry: Registry, link: Link | None, ident: str, publish: Callable[[Message], tuple[Receipt, bytes]]
    ) -> None:
        self._registry = registry
        self._link = link
        self._ident = ident
        # Publishes in this process; what it returns as bytes is for the link, if it is for the link.
        self._publish = publish
        self._receipt = Receipt(None)
        self._frames: list[bytes] = []
        self._size = 0
        self._since = 0

    def publish(self, messages: Iterable[Item]) -> Receipt:
        try:
            for item in messages:
                if isinstance(item, Message):
                    self._publish_whole(item)
                else:
                    self._publish_call(item)
        finally:
            self._flush()
        return self._receipt

    def _publish_call(self, item: Sequence[Any]) -> None:
        identifier = item[0] if isinstance(item, (tuple, list)) and item else None
        if not isinstance(identifier, str):
            raise InvalidArgument(f"publish_many takes Messages and tuples (identifier, *args), not {item!r:.80}")
        if self._link is None or self._registry.route(identifier) or _stays(identifier):
            self._publish_whole(Message(*item))
            return
        if len(item) == 2 and type(item[1]) is bytes:
            content_type, payload = BYTES, item[1]
        else:
            content_type, payload = encode(item[1:], {})
        now = time_ns() // 1000
        framed = frame(head(identifier, content_type, self._ident), message_ids.next(), now, payload)
        if len(framed) > MESSAGE_BYTES:
            raise too_large(identifier, len(framed))
        self._add(framed, now)

    def _publish_whole(self, message: Message) -> None:
        reached, framed = self._publish(message)
        self._receipt.followers += reached.followers
        self._receipt.queues += reached.queues
        if framed:
            self._add(framed, now_microseconds())

    def _add(self, framed: bytes, now: int) -> None:
        frames = self._frames
        if not frames:
            self._since = now
        frames.append(framed)
        self._size += len(framed)
        if len(frames) >= BATCH_MESSAGES or self._size >= BATCH_BYTES or now - self._since > LINGER:
            self._flush()

    def _flush(self) -> None:
        if self._frames and self._link is not None:
            frames, size = self._frames, self._size
            self._frames, self._size = [], 0
            self._link.send(frames, size, self._receipt)


@lru_cache(maxsize=4096)
def _stays(identifier: str) -> bool:
    """Whether it never leaves the process. Raises InvalidIdentifier, ReservedIdentifier."""
    parsed = Identifier.parse(identifier)
    check_publishable(parsed)
    return parsed.local


def check_publishable(identifier: Identifier) -> None:
    """Raises ReservedIdentifier."""
    if identifier.reserved:
        raise ReservedIdentifier(f"{identifier}: the name 'berrymq' is the system's own; publish to another name")


def too_large(identifier: str, size: int) -> MessageTooLarge:
    """The error of a message of so many bytes."""
    return MessageTooLarge(
        f"{identifier}: {size} bytes encoded, the limit is {MESSAGE_BYTES}; send the address of the content instead"
    )
