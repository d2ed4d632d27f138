"""Testing without a server: a bus whose time is virtual, which records what it does, and fails as it is told.

    from berrymq.testing import TestBus

    with TestBus() as bus:
        bus.publish("order:new", "book")
        bus.advance(30)
        bus.assert_published("order:confirmed", "book")

With pytest, the fixture `berrymq` is the default bus under test, `berrymq_bus` a new one.
With the address of a gateway in the environment variable `BERRYMQ_TEST_GATEWAY` (`GATEWAY`), the same tests run against
that gateway, in real time.
"""

from .bus import GATEWAY, TestBus
from .mock import Mock

__all__ = ["GATEWAY", "Mock", "TestBus"]
