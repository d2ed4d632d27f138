"""Messages that handlers publish on: one hop more, up to the limit, so that what goes round ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import HopLimit

if TYPE_CHECKING:
    from .courier import Courier
    from .message import Message

MOST_HOPS = 100


def next_hop(message: Message, onward: Message) -> Courier:
    """Makes `onward` the next hop of `message`; returns by which bus it goes on: the one that delivered `message`, the
    default bus for one made by hand. Raises HopLimit."""
    if message.hops >= MOST_HOPS:
        raise HopLimit(
            f"{message.id!r} travelled {message.hops} hops, the limit; {onward.id!r} is not published. Does it go "
            "round?"
        )
    onward._wire.hops = message.hops + 1
    if message._courier is not None:
        return message._courier
    from .default_bus import bus

    return bus._courier
