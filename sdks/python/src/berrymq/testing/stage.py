"""Where the handlers of a bus under test work: one after the other, in the thread that moves time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from ..courier import Courier
from ..keeper import Keeper
from ..leases import Leases
from ..pool import Task
from .kept import local_queues, next_change, tend
from .virtual_time import REAL_GRACE, Due

_LOOK = 0.005


class Stage:
    """What there is to do. Whoever would have a thread of its own has a seat here."""

    def __init__(self, courier: Courier, leases: Leases) -> None:
        self._courier = courier
        self._leases = leases
        self._tasks: deque[Task] = deque()
        self._seats: list[_Seat] = []
        # How many tasks may be at work at once, and are.
        self._threads = self._in_threads = 0
        # How many coroutines were at work last, and since when, in real time.
        self._waiting = (0, 0.0)

    def hire(self, keeper: Keeper, work: Callable[[], None], step: Callable[[], bool]) -> None:
        self._seats.append(_Seat(step))

    def make_pool(self, threads: int) -> StagePool:
        """In the place of a pool of threads: as many handlers work at once, while others wait for something."""
        self._threads = threads
        return StagePool(self._tasks, lambda: self._in_threads > 0)

    def run_one(self) -> bool:
        return self._run_task() or any(seat.work() for seat in self._seats)

    def wait_for_others(self) -> bool:
        """Coroutines work on an event loop, in real time; those that wait for virtual time would do so for ever, and
        are not waited for beyond 5 s."""
        coroutines = self._courier.dispatcher._coroutines
        at_work = 0 if coroutines is None else coroutines.at_work
        if coroutines is None or not at_work:
            self._waiting = (0, 0.0)
            return False
        now = time.monotonic()
        if at_work != self._waiting[0]:
            self._waiting = (at_work, now)
        if now - self._waiting[1] > REAL_GRACE:
            return False
        with coroutines._changed:
            coroutines._changed.wait(_LOOK)
        return True

    def others_at_work(self) -> bool:
        coroutines = self._courier.dispatcher._coroutines
        return coroutines is not None and coroutines.at_work > 0

    def due(self) -> Iterator[Due]:
        for queue in local_queues(self._courier.registry):
            change = next_change(queue)
            if change is not None:
                yield Due(round(change * 1e6), change, False, partial(tend, queue))
        extension = self._leases.next_due()
        if extension is not None:
            clock = self._courier.clock
            at = round((clock.epoch() + extension - clock.now()) * 1e6)
            yield Due(at, extension, True, self._leases.extend_due)

    def _run_task(self) -> bool:
        if not self._tasks or self._in_threads >= self._threads:
            return False
        self._in_threads += 1
        try:
            self._tasks.popleft()()
        finally:
            self._in_threads -= 1
        return True


class StagePool:
    """Handlers that would run in a pool wait for their turn on the stage."""

    crowded = False

    def __init__(self, tasks: deque[Task], at_work: Callable[[], bool]) -> None:
        self._tasks = tasks
        self._at_work = at_work

    @property
    def here(self) -> bool:
        """Whether a handler asks that works on the stage."""
        return self._at_work()

    def run(self, task: Task) -> None:
        self._tasks.append(task)

    def stop(self) -> None:
        """What waits is still done."""

    def finish(self, seconds: float) -> None:
        """Nobody is in a thread of its own."""


class _Seat:
    """One that works off deliveries; while it does, it takes no other."""

    def __init__(self, step: Callable[[], bool]) -> None:
        self._step = step
        self._busy = False

    def work(self) -> bool:
        """Whether there was something to do."""
        if self._busy:
            return False
        self._busy = True
        try:
            return self._step()
        finally:
            self._busy = False
