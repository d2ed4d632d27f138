"""Calls what is due, in one thread: what ends in a queue, whether anybody looks at it or not, and timers."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
import weakref
from collections.abc import Callable

log = logging.getLogger("berrymq")

_LONGEST_SLEEP = 60.0
"""Seconds. Threads cannot wait for years."""

_IDLE = 1.0
"""Seconds until the thread ends that has nothing to wait for."""


class WeakCall:
    """Calls a method of an object that is not kept alive by that."""

    __slots__ = ("_method",)

    def __init__(self, method: Callable[[], object]) -> None:
        self._method = weakref.WeakMethod(method)

    @property
    def gone(self) -> bool:
        return self._method() is None

    def __call__(self) -> None:
        method = self._method()
        if method is not None:
            method()


class Timer:
    """One call to come."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[], object]) -> None:
        self._call: Callable[[], object] | None = call

    @property
    def over(self) -> bool:
        """Whether it was called or cancelled, or nobody is there any more to be called."""
        return self._call is None or (isinstance(self._call, WeakCall) and self._call.gone)

    def cancel(self) -> None:
        """It is not called. Once more, or after the call, is harmless."""
        self._call = None

    def fire(self) -> None:
        """Calls, once; never raises."""
        call, self._call = self._call, None
        if call is None:
            return
        try:
            call()
        except Exception:
            log.exception("what was due raised")


class Timekeeper:
    """One thread, `berrymq-times`, which lives while there is something to wait for."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        # When, by the monotonic clock; a number, as timers have no order.
        self._due: list[tuple[float, int, Timer]] = []
        self._changed = threading.Condition()
        self._running = False

    def later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Calls once, in so many seconds. Calls nobody meanwhile, whatever locks the caller holds."""
        timer = Timer(call)
        self.take_over(seconds, timer)
        return timer

    def give_up(self) -> list[tuple[float, Timer]]:
        """Forgets what is to come, and returns it: in how many seconds, which."""
        with self._changed:
            due, self._due = self._due, []
        now = time.monotonic()
        return [(max(0.0, at - now), timer) for at, _, timer in due if not timer.over]

    def take_over(self, seconds: float, timer: Timer) -> None:
        """Calls that one, in so many seconds."""
        with self._changed:
            due = (time.monotonic() + max(0.0, seconds), next(self._numbers), timer)
            heapq.heappush(self._due, due)
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, name="berrymq-times", daemon=True).start()
            elif self._due[0] is due:
                self._changed.notify()

    def after_fork(self) -> None:
        """In the child: the thread is the parent's. Queues ask anew."""
        self._due = []
        self._changed = threading.Condition()
        self._running = False

    def _work(self) -> None:
        while (timer := self._wait()) is not None:
            timer.fire()

    def _wait(self) -> Timer | None:
        """The next one, once its time has come; None = there is nothing to wait for, and the thread ends."""
        with self._changed:
            while True:
                while self._due and self._due[0][2].over:
                    heapq.heappop(self._due)
                left = self._due[0][0] - time.monotonic() if self._due else _IDLE
                if self._due and left <= 0:
                    return heapq.heappop(self._due)[2]
                if not self._changed.wait(min(left, _LONGEST_SLEEP)) and not self._due:
                    self._running = False
                    return None
