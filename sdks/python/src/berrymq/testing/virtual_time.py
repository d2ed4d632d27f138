"""Time that passes only when a test says so, or when the test itself waits for something."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, Protocol

from ..errors import Timeout
from ..timekeeper import Timer
from .timers import Timers, ToCome

REAL_GRACE = 5.0
"""Seconds of real time that virtual time waits for what it cannot see: other threads, coroutines."""

LONGEST_TURN = 60.0
"""Seconds of real time that handlers may work at one moment of virtual time."""

_LOOK = 0.005


class Due(NamedTuple):
    """Something to come, at a moment of virtual time."""

    at: int
    """Microseconds since the Unix epoch."""
    seconds: float
    """The same as whoever waits for it counts: since the epoch, or, where `monotonic`, as `now` says."""
    monotonic: bool
    call: Callable[[], object]


class Ready(Protocol):
    """What there is to do on a bus under test."""

    def run_one(self) -> bool:
        """Has one handler work that could; whether there was one."""

    def wait_for_others(self) -> bool:
        """Waits a moment for handlers that work elsewhere; False = there are none, or none gets on."""

    def others_at_work(self) -> bool:
        """Whether there are handlers that work elsewhere."""

    def due(self) -> Iterable[Due]:
        """What queues and leases wait for."""


class VirtualTime:
    """A kind of time for `Clock`. It begins at a whole second, so that sums of seconds come out even.

    Only the thread that made it moves it, and the handlers that run for that; other threads wait until they are woken.
    """

    virtual = True

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._timers = Timers()
        self._begin = self._us = int(time.time()) * 1_000_000
        self._begin_monotonic = self._monotonic = time.monotonic()
        self._epoch = self._us / 1e6
        self._mover = threading.get_ident()
        # Whoever moves time, or has handlers work, does so alone; handlers do it within.
        self._turn = threading.RLock()
        self._holder: int | None = None
        # Conditions of other threads that wait until a moment of virtual time.
        self._sleepers: set[threading.Condition] = set()
        # Since when, and until when, in real time, nothing could be done.
        self._idle = (0.0, 0.0)

    # What `Clock` asks for.

    def now(self) -> float:
        return self._monotonic

    def epoch(self) -> float:
        return self._epoch

    def stamp(self) -> int:
        return self._us

    def later(self, seconds: float, call: Callable[[], object]) -> Timer:
        timer = Timer(call)
        self._add(seconds, timer)
        return timer

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        if not self._moves():
            self._wait_to_be_woken(condition, seconds)
            return
        end = None if seconds is None else self._us + _microseconds(seconds)
        condition.release()
        try:
            went_on = self._go_on(end)
        finally:
            condition.acquire()
        if not went_on:
            self._wait_really(condition)

    # What tests ask for.

    @property
    def passed(self) -> float:
        """Seconds since it began."""
        return (self._us - self._begin) / 1e6

    def settle(self) -> None:
        """Returns when nobody is at work. Raises Timeout when that does not come to an end."""
        with self._taking_turn():
            limit = time.monotonic() + LONGEST_TURN
            while self._ready.run_one() or self._ready.wait_for_others():
                if time.monotonic() > limit:
                    raise Timeout(
                        f"handlers are still at work after {LONGEST_TURN:g} s of real time at one moment of virtual "
                        "time; do they wake each other for ever?"
                    )
            if self._ready.others_at_work():
                raise Timeout(
                    f"coroutines did not get on for {REAL_GRACE:g} s of real time: do they wait for something that no "
                    "virtual time moves, or for this very event loop? (Then: await asyncio.to_thread(bus.settle))"
                )

    def advance(self, seconds: float) -> None:
        """All that falls due within, in order; each settles before the next."""
        with self._taking_turn():
            end = self._us + _microseconds(seconds)
            self.settle()
            while (due := self._next()) is not None and due.at <= end:
                self._fire(due)
                self.settle()
            self._move(end)
            self.settle()

    def take_over(self, timers: Iterable[tuple[float, Timer]]) -> None:
        """Timers that were there before; `left` gives them back."""
        for seconds, timer in timers:
            self._add(seconds, timer, inherited=True)

    def left(self) -> list[tuple[float, Timer]]:
        """In how many seconds which timers are due that were there before; the others are over with the test."""
        return [((at - self._us) / 1e6, timer) for at, _, timer in self._timers.inherited()]

    def end(self) -> None:
        """Wakes the threads that wait for a moment of it."""
        for condition in list(self._sleepers):
            with condition:
                condition.notify_all()

    # What follows moves it.

    def _moves(self) -> bool:
        return threading.get_ident() in (self._mover, self._holder)

    @contextmanager
    def _taking_turn(self) -> Iterator[None]:
        with self._turn:
            before, self._holder = self._holder, threading.get_ident()
            try:
                yield
            finally:
                self._holder = before

    def _go_on(self, end: int | None) -> bool:
        """Does the next thing there is to do, or moves to it, at most to the end; False = only others can help."""
        if not self._turn.acquire(blocking=False):
            # Somebody else moves it.
            self._idle = (0.0, 0.0)
            return False
        try:
            with self._taking_turn():
                if self._ready.run_one() or self._ready.wait_for_others():
                    return True
                due = self._next()
                if due is not None and (end is None or due.at <= end):
                    self._fire(due)
                    return True
                if end is not None:
                    self._move(end)
                return end is not None
        finally:
            self._turn.release()

    def _next(self) -> Due | None:
        dues = list(self._ready.due())
        first = self._timers.first()
        if first is not None:
            dues.append(Due(first.at, first.seconds, True, partial(self._timers.fire, first.timer)))
        return min(dues, key=lambda due: due.at, default=None)

    def _fire(self, due: Due) -> None:
        self._move(due.at)
        # What somebody computed in floating point is over, even if the same sum comes out differently here.
        if due.monotonic:
            self._monotonic = max(self._monotonic, due.seconds)
            # A breath late, as timers are: whoever keeps a rhythm finds none early by a rounding.
            self._monotonic += 4 * math.ulp(self._monotonic)
        else:
            self._epoch = max(self._epoch, due.seconds)
        due.call()

    def _move(self, at: int) -> None:
        if at > self._us:
            self._us = at
            self._epoch = max(self._epoch, at / 1e6)
            self._monotonic = max(self._monotonic, self._begin_monotonic + (at - self._begin) / 1e6)

    def _add(self, seconds: float, timer: Timer, inherited: bool = False) -> None:
        due = self._monotonic + max(0.0, seconds)
        at = self._begin + _microseconds(due - self._begin_monotonic)
        self._timers.add(ToCome(max(at, self._us), due, timer), inherited)

    # What follows waits in real time.

    def _wait_to_be_woken(self, condition: threading.Condition, seconds: float | None) -> None:
        def wake() -> None:
            with condition:
                condition.notify_all()

        if seconds is None:
            condition.wait()
            return
        timer = self.later(seconds, wake)
        self._sleepers.add(condition)
        condition.wait()
        self._sleepers.discard(condition)
        timer.cancel()

    def _wait_really(self, condition: threading.Condition) -> None:
        """Other threads may bring what the test waits for, but not for ever."""
        now = time.monotonic()
        since, last = self._idle
        # A wait that ended well is no part of this one.
        since = since if now - last < 1 else now
        self._idle = (since, now)
        if now - since > REAL_GRACE:
            raise Timeout(
                "nothing is at work and nothing is due in virtual time, so that this call would wait for ever: publish "
                "what it waits for before it, or give it a timeout"
            )
        condition.wait(_LOOK)


def _microseconds(seconds: float) -> int:
    return math.ceil(seconds * 1_000_000 - 0.01)
