"""What happens to buses when the program forks or ends."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bus import Bus
    from .courier import Courier
    from .work import Works

_buses: weakref.WeakSet[Bus] = weakref.WeakSet()


def look_after(bus: Bus) -> None:
    """It gets new locks in a forked child, and is closed at the end of the program."""
    _buses.add(bus)


def let_finish(courier: Courier, works: Works, seconds: float) -> None:
    """Before a bus is closed: nothing more is begun, and handlers at work end, which may still publish; so many seconds
    for all of them, and not those in this thread."""
    end = time.monotonic() + seconds
    works.rest(seconds)
    if courier.link is not None:
        courier.link.inbox.stop(max(0.0, end - time.monotonic()))
    courier.dispatcher.close(max(0.0, end - time.monotonic()))


@lru_cache(maxsize=1)
def renew_links_after_fork() -> None:
    """Called once there was a connection: gRPC registers its own hooks with its first, and they have to run first in
    the child."""
    os.register_at_fork(after_in_child=_relink_after_fork)


def _renew_after_fork() -> None:
    for bus in list(_buses):
        bus._after_fork()


def _relink_after_fork() -> None:
    for bus in list(_buses):
        bus._relink()


def _close_all() -> None:
    """At the end of the program: what was published is still sent."""
    for bus in list(_buses):
        bus.close()


os.register_at_fork(after_in_child=_renew_after_fork)
atexit.register(_close_all)
