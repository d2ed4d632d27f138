"""What was there before a test stays: the followers, queues and settings of a bus as the test found them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..bus import Bus
from ..dispatch import OnError
from ..errors import BerryMQError
from ..handler_errors import HandlerError
from ..keeper import Keeper
from ..local_consumer import LocalConsumer
from ..registry import Receiver
from ..work import Work


class Before:
    """A bus as it was."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        courier = bus._courier
        self._receivers = courier.registry.receivers()
        self._apart = set(courier.registry._apart)
        self._works = list(bus._works._works)
        self._on_error: OnError = courier.dispatcher._on_error
        self._multiplicity = courier.dispatcher._multiplicity
        self._waiting = [(gathering, dict(gathering._newest)) for gathering in _gatherings(self._receivers)]
        for gathering, _ in self._waiting:
            gathering._newest.clear()
        courier.dispatcher.errors.take()

    def fed_here(self) -> list[tuple[Work, Keeper]]:
        """The durable followings, and what feeds each in this process."""
        return [
            (work, consumer._queue)
            for work in self._works
            for consumer in work._consumers
            if isinstance(consumer, LocalConsumer)
        ]

    def bring_back(self) -> list[HandlerError]:
        """Ends what was registered and opened since, and has what ended since follow again. Returns what handlers of
        the test raised that nobody has taken."""
        courier = self._bus._courier
        for work in self._bus._works._works:
            if work not in self._works:
                with suppress(BerryMQError):
                    work.end()
        self._bus._works._works = list(self._works)
        self._bring_back_receivers()
        for gathering, newest in self._waiting:
            gathering._newest = newest
        courier.closed = False
        courier.dispatcher.on_error(self._on_error)
        courier.dispatcher.set_multiplicity(self._multiplicity)
        return courier.dispatcher.errors.take()

    def _bring_back_receivers(self) -> None:
        registry = self._bus._courier.registry
        now = registry.receivers()
        for receiver in now:
            if receiver not in self._receivers:
                receiver.close()
                registry.remove(receiver)
        for receiver in self._receivers:
            if receiver not in now and not (receiver.answers and receiver.handler is None):
                registry.add(receiver, linked=receiver not in self._apart)


def _gatherings(receivers: list[Receiver]) -> list[Any]:
    """Where conditions keep what they have seen so far."""
    return list(dict.fromkeys(receiver._gathering for receiver in receivers if hasattr(receiver, "_gathering")))
