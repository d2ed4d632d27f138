"""Messages that handlers publish on: one hop more, up to the limit, so that what goes round ends."""

from __future__ import annotations

from sys import _getframe
from typing import TYPE_CHECKING

from .errors import HopLimit

if TYPE_CHECKING:
    from .message import Message
    from .receipt import Receipt

MOST_HOPS = 100


def publish_on(message: Message, onward: Message) -> Receipt:
    """Publishes `onward` on the bus that delivered `message`; the default bus for one made by hand. Raises HopLimit."""
    if message.hops >= MOST_HOPS:
        raise HopLimit(
            f"{message.id!r} travelled {message.hops} hops, the limit; {onward.id!r} is not published: does it "
            "go round?"
        )
    onward._wire.hops = message.hops + 1
    courier = message._courier
    if courier is None:
        from .default_bus import bus

        courier = bus._courier
    receipt = courier.publish(onward)
    courier.published.note(onward.id, _getframe(2))
    return receipt
