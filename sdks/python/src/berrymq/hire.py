"""How durable followings find somebody who works off their deliveries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from .keeper import Keeper


class Hire(Protocol):
    def __call__(self, keeper: Keeper, work: Callable[[], None], step: Callable[[], bool], /) -> None:
        """Somebody does either `work`, which ends with the following, or, again and again, `step`, which works off one
        delivery of the keeper and tells whether there was one."""


def hire_thread(keeper: Keeper, work: Callable[[], None], step: Callable[[], bool]) -> None:
    """A thread of its own."""
    threading.Thread(target=work, name="berrymq-work", daemon=True).start()
