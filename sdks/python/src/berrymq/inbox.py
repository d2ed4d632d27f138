"""What came over a link, on its way to the receivers: one thread dispatches it, in order."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .clock import stamp
from .message import Wire

log = logging.getLogger("berrymq")

REMEMBERED = 10_000
"""Ids of so many messages received last are known, to drop what is sent again after a lost connection."""

Deliver = Callable[[Wire], None]
Done = Callable[[int], None]


class _Arrival(NamedTuple):
    messages: Sequence[Wire]
    size: int
    done: Done


class Inbox:
    """Bounded by the credit that its sender was given: `done` tells which bytes were dispatched."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._arrivals: queue.SimpleQueue[_Arrival | None] = queue.SimpleQueue()
        self._recent = _RecentIds()
        self._thread = threading.Thread(target=self._work, name="berrymq-dispatch", daemon=True)
        self._stopped = False

    def start(self) -> None:
        self._thread.start()

    def put(self, messages: Sequence[Wire], size: int, done: Done) -> None:
        self._arrivals.put(_Arrival(messages, size, done))

    def stop(self, seconds: float = 5.0) -> None:
        """Waits for what is being dispatched, so many seconds, unless a receiver itself stops it; idempotent."""
        if self._stopped:
            return
        self._stopped = True
        self._arrivals.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(seconds)

    def _work(self) -> None:
        while (arrival := self._arrivals.get()) is not None:
            try:
                self._dispatch(arrival.messages)
            except BaseException:
                log.exception("dispatching failed")
            arrival.done(arrival.size)

    def _dispatch(self, messages: Sequence[Wire]) -> None:
        now = stamp()
        for wire in messages:
            if wire.expires_at and wire.expires_at <= now:
                continue
            # What is delivered again for want of an acknowledgement is wanted again.
            if wire.resent and wire.attempt < 2 and self._recent.holds(wire.id):
                continue
            self._deliver(wire)
        self._recent.add([wire.id for wire in messages])


class _RecentIds:
    """The ids of the last messages, kept by batches; they are searched in the rare case that something is sent
    again."""

    def __init__(self) -> None:
        self._batches: deque[list[str]] = deque()
        self._count = 0

    def add(self, ids: list[str]) -> None:
        self._batches.append(ids)
        self._count += len(ids)
        while self._count - len(self._batches[0]) >= REMEMBERED:
            self._count -= len(self._batches.popleft())

    def holds(self, message_id: str) -> bool:
        return any(message_id in ids for ids in self._batches)
