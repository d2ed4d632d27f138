"""The timers of a virtual time: those of the test, and those that were there before it."""

from __future__ import annotations

import heapq
import itertools
import threading
from typing import NamedTuple

from ..timekeeper import Timer


class ToCome(NamedTuple):
    at: int
    """Microseconds of virtual time."""
    seconds: float
    """The same as `Clock.now` counts."""
    timer: Timer


class Timers:
    """May be used from any thread."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._heap: list[tuple[int, int, ToCome]] = []
        self._lock = threading.Lock()
        # Timers from before the test, and what they set off in their turn.
        self._inherited: set[Timer] = set()
        self._inheriting = False

    def add(self, to_come: ToCome, inherited: bool = False) -> None:
        """`inherited`: it was there before the test."""
        with self._lock:
            heapq.heappush(self._heap, (to_come.at, next(self._numbers), to_come))
            if inherited or self._inheriting:
                self._inherited.add(to_come.timer)

    def first(self) -> ToCome | None:
        """The next one."""
        with self._lock:
            while self._heap and self._heap[0][2].timer.over:
                self._inherited.discard(heapq.heappop(self._heap)[2].timer)
            return self._heap[0][2] if self._heap else None

    def inherited(self) -> list[ToCome]:
        """Those from before the test that are still to come."""
        with self._lock:
            return [each for *_, each in self._heap if each.timer in self._inherited and not each.timer.over]

    def fire(self, timer: Timer) -> None:
        """What it sets off in its turn is inherited as it is."""
        self._inheriting = timer in self._inherited
        try:
            timer.fire()
        finally:
            self._inheriting = False
