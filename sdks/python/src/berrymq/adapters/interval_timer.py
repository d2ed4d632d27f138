"""`IntervalTimer`: a tick every so many seconds."""

from __future__ import annotations

import itertools

from ..bus import Bus
from .adapter import Adapter, check_interval, identifiers
from .repeating import Repeating


class IntervalTimer(Adapter):
    """Publishes `id_name:tick` every `interval` seconds, with the number of the tick, from 1. A tick whose turn comes
    while the one before is still handled is left out. Raises InvalidIdentifier, InvalidArgument, Closed."""

    def __init__(self, id_name: str, interval: float, *, bus: Bus | None = None) -> None:
        super().__init__(bus)
        check_interval("IntervalTimer", interval)
        (self._identifier,) = identifiers(id_name, "tick")
        self._numbers = itertools.count(1)
        self._repeating = Repeating(self._bus._courier.clock, interval, self._tick, "berrymq-timer")

    def stop(self) -> None:
        """No more ticks, but the one that is under way. Once more is harmless."""
        self._repeating.stop()

    def _tick(self) -> None:
        self._publish(self._identifier, next(self._numbers))
