"""In which time a bus is tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..handler_errors import HandlerError
from .faults import Faults

PATIENCE = 5.0
"""Seconds of real time that assertions wait for what is under way at a gateway."""


class Setting(Protocol):
    @property
    def passed(self) -> float:
        """Seconds since the beginning."""

    def advance(self, seconds: float) -> None:
        """Lets so many pass, and returns when nobody is at work any more."""

    def settle(self) -> None:
        """Returns when nobody is at work."""

    def until(self, condition: Callable[[], object]) -> None:
        """Returns once the condition is true, or when it will not become so."""

    def allow(self, faults: Faults) -> None:
        """Lets queues fail so from now on. Raises NotSupported."""

    def end(self) -> list[HandlerError]:
        """The bus is as it was before. Returns what handlers of the test raised that nobody has taken."""
