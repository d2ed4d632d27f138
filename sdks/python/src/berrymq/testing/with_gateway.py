"""A bus at a real gateway, in real time: the switch of a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ..bus import Bus
from ..errors import BerryMQError, NotSupported, Timeout
from ..handler_errors import HandlerError
from ..hire import hire_thread
from ..keeper import Keeper
from ..pool import Pool
from ..probe import Probe
from .at_work import AtWork, CountedPool
from .before import Before
from .faults import Faults
from .setting import PATIENCE

_LOOK = 0.01


class WithGateway:
    """A setting. The queues that are opened meanwhile are deleted at its end, with their dead letters."""

    def __init__(self, bus: Bus, probe: Probe, work: AtWork, url: str) -> None:
        self._bus = bus
        self._courier = bus._courier
        self._began = time.monotonic()
        self._fed: list[Keeper] = []
        self._opened: dict[str, Keeper] = {}
        self._before = Before(bus)
        self._courier.probe = probe
        self._courier.hire = self._hire
        self._work = work
        self._courier.dispatcher.make_pool = self._make_pool
        self._courier.dispatcher.set_multiplicity(self._before._multiplicity)
        self._connects = self._courier.link is None
        if self._connects:
            try:
                bus.connect(url)
            except BaseException:
                self.end()
                raise

    @property
    def passed(self) -> float:
        return time.monotonic() - self._began

    def opened(self, keeper: Keeper) -> None:
        """It ends with the test."""
        self._opened[keeper.options.name] = keeper

    def advance(self, seconds: float) -> None:
        self.settle()
        end = time.monotonic() + seconds
        nobody = threading.Event()
        while (left := end - time.monotonic()) > 0:
            nobody.wait(left)
        self.settle()

    def settle(self) -> None:
        """Raises Timeout when handlers are at work for 5 s."""
        end = time.monotonic() + PATIENCE
        nobody = threading.Event()
        while self._goes_on():
            if time.monotonic() > end:
                raise Timeout(f"handlers are still at work after {PATIENCE:g} s")
            nobody.wait(_LOOK)

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        nobody = threading.Event()
        while not condition() and time.monotonic() < end:
            nobody.wait(_LOOK)

    def allow(self, faults: Faults) -> None:
        raise NotSupported("faults: a real gateway makes its own; leave gateway and BERRYMQ_TEST_GATEWAY out")

    def end(self) -> list[HandlerError]:
        courier = self._courier
        for keeper in self._opened.values():
            with suppress(BerryMQError):
                keeper.dead().delete()
            with suppress(BerryMQError):
                keeper.delete()
        courier.probe, courier.hire, courier.dispatcher.make_pool = None, hire_thread, Pool
        if self._connects and not courier.closed:
            self._bus.close_connection()
        return self._before.bring_back()

    def _hire(self, keeper: Keeper, work: Callable[[], None], step: Callable[[], bool]) -> None:
        if self._courier.link is not None:
            self._fed.append(keeper)
            self.opened(keeper)
        hire_thread(keeper, work, step)

    def _make_pool(self, threads: int) -> Pool:
        return CountedPool(threads, self._work)

    def _goes_on(self) -> bool:
        """Whether somebody is at work, or published meanwhile."""
        link = self._courier.link
        last = 0 if link is None else link.outbox.last
        self._bus.flush(PATIENCE)
        return self._at_work() or (link is not None and link.outbox.last > last)

    def _at_work(self) -> bool:
        if self._courier.receipts.busy or self._work:
            return True
        coroutines = self._courier.dispatcher._coroutines
        if coroutines is not None and coroutines.at_work:
            return True
        return any(map(_worked_off, self._fed))


def _worked_off(keeper: Keeper) -> bool:
    """Whether somebody has, or could have, a delivery of it."""
    try:
        status = keeper.status()
    except BerryMQError:
        return False
    return bool(status.ready or status.leased)
