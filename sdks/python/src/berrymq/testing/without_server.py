"""A bus without a server, in virtual time."""

from __future__ import annotations

from collections.abc import Callable

from ..bus import Bus
from ..clock import stamp_by
from ..errors import InvalidArgument
from ..handler_errors import HandlerError
from ..hire import hire_thread
from ..pool import Pool
from ..probe import Probe
from .before import Before
from .faults import Faults
from .kept import local_queues, set_aside
from .stage import Stage
from .virtual_time import VirtualTime


class WithoutServer:
    """A setting. What works in threads otherwise works on the stage."""

    def __init__(self, bus: Bus, probe: Probe) -> None:
        courier = bus._courier
        if courier.link is not None:
            raise InvalidArgument(
                f"TestBus: this bus is linked to {courier.link.options.target}, whose time is its own; "
                "close_connection() first, or say gateway='…' to test against one"
            )
        self._bus = bus
        self._courier = courier
        self._before = Before(bus)
        self._fed = self._before.fed_here()
        for work, _ in self._fed:
            work.stop()
        self._bring_back_queues = set_aside(courier.queues, courier.registry)
        stage = Stage(courier, bus._works.leases)
        timers = courier.clock.real.give_up()
        self._time = VirtualTime(stage)
        self._time.take_over(timers)
        self._end_stamps = stamp_by(self._time.stamp)
        courier.clock.use(self._time)
        courier.hire, courier.probe = stage.hire, probe
        courier.dispatcher.make_pool = stage.make_pool
        self._restart(self._before._multiplicity)

    @property
    def passed(self) -> float:
        return self._time.passed

    def advance(self, seconds: float) -> None:
        self._time.advance(seconds)

    def settle(self) -> None:
        self._time.settle()

    def until(self, condition: Callable[[], object]) -> None:
        """Nothing comes by itself: what is not true once all have settled will not be."""
        self.settle()

    def allow(self, faults: Faults) -> None:
        self._courier.queues.faults = faults
        for queue in local_queues(self._courier.registry):
            if queue._origin is None:
                queue.faults = faults

    def end(self) -> list[HandlerError]:
        courier = self._courier
        for work in self._bus._works._works:
            work.stop()
        courier.probe, courier.queues.faults = None, None
        courier.clock.use(courier.clock.real)
        courier.hire, courier.dispatcher.make_pool = hire_thread, Pool
        self._time.end()
        self._end_stamps()
        errors = self._before.bring_back()
        self._bring_back_queues()
        for seconds, timer in self._time.left():
            courier.clock.real.take_over(seconds, timer)
        self._restart(0)
        return errors

    def _restart(self, multiplicity: int) -> None:
        """Durable followings, and the pool, where they belong now."""
        if multiplicity:
            self._courier.dispatcher.set_multiplicity(multiplicity)
        for work, keeper in self._fed:
            if not work._ended:
                work.start(keeper, False)
