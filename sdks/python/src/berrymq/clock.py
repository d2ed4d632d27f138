"""Time as a parameter: what time it is for one bus, how its threads wait, and what it calls later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from .errors import NotSupported
from .timekeeper import Timekeeper, Timer


class Time(Protocol):
    """One kind of time."""

    virtual: bool

    def now(self) -> float:
        """Seconds that never go back; from when on says nothing."""

    def epoch(self) -> float:
        """Seconds since the Unix epoch."""

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Returns once the condition, which the caller holds, was notified, or after so many seconds (None = never);
        sometimes before. The condition is free meanwhile."""

    def later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Calls once, in so many seconds, in some thread. May be asked for whatever locks the caller holds."""


class RealTime:
    """Everybody's. `now` and `epoch` are the interpreter's own functions, so that asking costs no more than that."""

    virtual = False
    now = staticmethod(time.monotonic)
    epoch = staticmethod(time.time)

    def __init__(self) -> None:
        self._timekeeper = Timekeeper()
        self.later = self._timekeeper.later
        self.give_up = self._timekeeper.give_up
        self.take_over = self._timekeeper.take_over
        self.after_fork = self._timekeeper.after_fork

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        condition.wait(seconds)


class Clock:
    """The time of one bus: real, unless TestBus puts its own in. Its functions are looked up at each use, as they
    change with the time."""

    def __init__(self) -> None:
        self.real = RealTime()
        self.use(self.real)

    def use(self, kind: Time) -> None:
        self.virtual = kind.virtual
        self.now = kind.now
        self.epoch = kind.epoch
        self.wait = kind.wait
        self.later = kind.later

    def check_real(self) -> None:
        """Raises NotSupported under a virtual time: what is beyond a link keeps its own."""
        if self.virtual:
            raise NotSupported(
                "connect: this bus is under test without a server, its time is virtual; give TestBus a gateway=…, or "
                "set BERRYMQ_TEST_GATEWAY"
            )

    def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""
        end, nobody = self.now() + seconds, threading.Condition()
        with nobody:
            while (left := end - self.now()) > 0:
                self.wait(nobody, left)


def stamp() -> int:
    """Microseconds since the Unix epoch, as messages tell them. A message belongs to no bus before it is published:
    under test it is stamped by the time of the test."""
    return _stamps[-1]()


def _real_stamp() -> int:
    return time.time_ns() // 1000


_stamps: list[Callable[[], int]] = [_real_stamp]


def stamp_by(time_of_test: Callable[[], int]) -> Callable[[], None]:
    """Has messages stamped so; returns what ends it."""
    _stamps.append(time_of_test)
    return lambda: _stamps.remove(time_of_test)
