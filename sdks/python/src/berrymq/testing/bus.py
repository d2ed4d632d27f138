"""`TestBus`: a bus under test."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..bus import Bus
from ..errors import InvalidArgument
from ..handler_errors import HandlerError
from ..message import Message
from . import seed as seeds
from .faults import Faults
from .mock import Mock
from .mocks import Mocks
from .records import Records
from .setting import Setting
from .with_gateway import WithGateway
from .without_server import WithoutServer

GATEWAY = "BERRYMQ_TEST_GATEWAY"
"""The environment variable with the address of a gateway, against which the tests run instead."""
"""The environment variable that has tests run against a gateway."""

if TYPE_CHECKING:
    _Calls = Bus
else:
    _Calls = object


class TestBus(_Calls):
    """Puts a bus (None = a new one) under test until it is closed, and has its public calls, too.

    Without a server its time is virtual: it passes when the test says so (`advance`), or waits for something. With
    `gateway` (None = BERRYMQ_TEST_GATEWAY, "" = none) the same test runs against that gateway, in real time. `seed`
    (None = BERRYMQ_TEST_SEED, or a random one) decides on faults; a failing test tells which it was.

    What was registered and opened meanwhile ends with it (at a gateway queues are deleted); what was there before
    stays. Queues in the process begin the test empty, and have again what they held once it is over.

    An assertion that fails in a handler fails the test: the end of the block raises it, unless the test has taken it
    (`take_errors`) or ends with an error of its own.

    Raises InvalidArgument when the bus is linked or under test already; with a gateway Unavailable.
    """

    __test__ = False

    def __init__(self, bus: Bus | None = None, seed: int | None = None, gateway: str | None = None) -> None:
        self._own = bus is None
        self.bus = Bus() if bus is None else bus
        """The bus that is under test."""
        self.seed = seeds.choose(seed)
        """Of the faults."""
        self._closed = False
        if self.bus._courier.probe is not None:
            raise InvalidArgument("TestBus: this bus is under test already; close() the other TestBus first")
        self._faults = Faults(self.seed)
        self._records = Records(self._faults, self.settle, self._until)
        url = os.environ.get(GATEWAY) if gateway is None else gateway
        self._setting: Setting
        if url:
            self._setting = WithGateway(self.bus, self._records, self._records.work, url)
            self._records.on_open = self._setting.opened
        else:
            self._setting = WithoutServer(self.bus, self._records)
        self._mocks = Mocks(self.bus, self.mock)
        self._errors: list[HandlerError] = []

    @property
    def now(self) -> float:
        """Seconds since the test began; virtual ones without a server."""
        return self._setting.passed

    def advance(self, seconds: float) -> None:
        """Lets so many seconds pass, and does all that falls due, in order: leases, ttl, delays, backoff, timers. When
        it returns, handlers that it set off have ended."""
        if not 0 <= seconds < math.inf:
            raise InvalidArgument(f"advance({seconds!r}): seconds, 0 or more; time does not go back")
        self._setting.advance(seconds)

    def settle(self) -> None:
        """Returns when no handler is at work: of durable followings, in a pool, coroutines. Raises Timeout when some
        are for 5 s of real time. Handlers that run on the caller's own event loop cannot end meanwhile: there,
        `await asyncio.to_thread(bus.settle)`, and so with `advance`."""
        self._setting.settle()

    @property
    def published(self) -> list[Message]:
        """What was published on this bus, in order, answers of talks among it; not the system's own messages."""
        return self._records.messages()

    def assert_published(self, pattern: str, /, *args: Any, **kwargs: Any) -> list[Message]:
        """The messages that the pattern matches, with these args if any are given, and at least these kwargs. Raises
        AssertionError, which tells what was published instead, when there is none."""
        __tracebackhide__ = True
        return self._records.assert_published(pattern, args, kwargs)

    def assert_not_published(self, pattern: str, /, *args: Any, **kwargs: Any) -> None:
        """Raises AssertionError when there is a message that `assert_published` would return."""
        __tracebackhide__ = True
        self._records.assert_not_published(pattern, args, kwargs)

    def mock(self, handler: Callable[..., Any]) -> Mock:
        """What a handler (a function, a method, or a function of a class for all its objects) was called with."""
        return Mock(self._records, handler)

    def faults(self, drop: float = 0, duplicate: float = 0, reorder: float = 0) -> None:
        """From now on, by these probabilities, a live follower does not hear a message (`drop`), a queue hands a
        message that was acknowledged out once more (`duplicate`), or hands one out after its successor (`reorder`).
        Raises InvalidArgument, NotSupported at a gateway."""
        self._setting.allow(self._faults)
        self._faults.set(drop, duplicate, reorder)

    def close(self) -> None:
        """The bus is no longer under test; one that was made for this is closed. Idempotent."""
        if not self._closed:
            self._closed = True
            self._mocks.remove()
            self._errors = self._setting.end()
            if self._own:
                self.bus.close()

    def __enter__(self) -> TestBus:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(seeds.told(self.seed), file=sys.stderr)  # noqa: T201
        self.close()
        if error is None:
            self._raise_assertion()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["bus"], name)

    def _raise_assertion(self) -> None:
        for each in self._errors:
            if isinstance(each.error, AssertionError):
                raise each.error

    def _until(self, condition: Callable[[], Any]) -> None:
        self._setting.until(condition)
