"""From when on a queue in this process hands a message out, and when it drops it: what the message says of itself, and
what the queue says of all."""

from __future__ import annotations

from typing import NamedTuple

from .keeper import QueueOptions
from .message import Message


class Lifespan(NamedTuple):
    """In seconds since the Unix epoch. `due`: 0 = at once. `end`: 0 = never."""

    due: float
    end: float


def lifespan(message: Message, options: QueueOptions, now: float) -> Lifespan:
    """The later of two delays, and the earlier of two ends; those of the queue begin with the publishing."""
    wire = message._wire
    due, end = wire.deliver_at / 1e6, wire.expires_at / 1e6
    if options.delay or options.ttl:
        published = min(message.published_at.timestamp(), now)
        if options.delay:
            due = max(due, published + options.delay)
        if options.ttl:
            end = min(end or published + options.ttl, published + options.ttl)
    return Lifespan(due if due > now else 0.0, end)
