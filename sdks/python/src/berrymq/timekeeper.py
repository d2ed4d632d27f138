"""Tells the queues of one bus when something of theirs ends, whether anybody looks at them or not."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
import weakref
from typing import Protocol

log = logging.getLogger("berrymq")

_LONGEST_SLEEP = 60.0
"""Seconds. Threads cannot wait for years."""


class Kept(Protocol):
    """What has ends."""

    def expire(self) -> None:
        """Drops what has ended."""


class Timekeeper:
    """One thread, `berrymq-times`, which starts with the first thing to wait for. It keeps nothing alive."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        # When, by the monotonic clock; a number, as references have no order; whom.
        self._ends: list[tuple[float, int, weakref.ref[Kept]]] = []
        self._changed = threading.Condition()
        self._running = False

    def later(self, kept: Kept, seconds: float) -> None:
        """Has `expire` called once, in so many seconds. Calls nobody meanwhile, whatever locks the caller holds."""
        with self._changed:
            end = (time.monotonic() + max(0.0, seconds), next(self._numbers), weakref.ref(kept))
            heapq.heappush(self._ends, end)
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, name="berrymq-times", daemon=True).start()
            elif self._ends[0] is end:
                self._changed.notify()

    def after_fork(self) -> None:
        """In the child: the thread is the parent's. Queues ask anew."""
        self._ends = []
        self._changed = threading.Condition()
        self._running = False

    def _work(self) -> None:
        while True:
            kept = self._wait()()
            try:
                if kept is not None:
                    kept.expire()
            except Exception:
                log.exception("what expired in a queue could not be dropped")
            # It may be collected while this thread waits.
            del kept

    def _wait(self) -> weakref.ref[Kept]:
        """The next one, once its time has come."""
        with self._changed:
            while True:
                left = self._ends[0][0] - time.monotonic() if self._ends else _LONGEST_SLEEP
                if left <= 0:
                    return heapq.heappop(self._ends)[2]
                self._changed.wait(min(left, _LONGEST_SLEEP))
