"""What the gateway refused, and nobody waits for: nothing is lost in silence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from .clock import Clock
from .errors import BerryMQError, Unavailable
from .message import Message
from .receipt import Receipt

SECONDS = 1.0
"""A publisher may look at its receipts later than the gateway's answers come: so long, or until the link ends."""

OF_MANY = "berrymq:refused"
"""Stands for the message, where it is not known which of a `publish_many` was refused."""

Report = Callable[[BerryMQError, Message], None]


class Refusals:
    """Reports refusals that `Receipt.wait` told nobody of."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._lock = threading.Lock()
        self._receipts: list[Receipt] = []

    def add(self, receipts: Sequence[Receipt]) -> None:
        with self._lock:
            first = not self._receipts
            self._receipts += receipts
        if first:
            self._clock.later(SECONDS, self.tell)

    def tell(self) -> None:
        """At once, of what was refused so far."""
        with self._lock:
            receipts, self._receipts = self._receipts, []
        for receipt in receipts:
            if receipt._error is not None and not receipt._told:
                self._report(receipt._error, receipt._message or Message(OF_MANY))

    def tell_lost(self, count: int, target: str) -> None:
        """Of publishes that were never answered."""
        if count:
            lost = f"{count} published messages had no answer of {target} when the bus was closed; they may be lost"
            self._report(Unavailable(lost), Message(OF_MANY))
