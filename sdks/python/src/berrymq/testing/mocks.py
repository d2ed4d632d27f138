"""`handler.mock`: the records of a function, on the function, while a bus that it follows on is under test."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from typing import Any

from ..bus import Bus
from ..keeper import Keeper
from .mock import Mock

_NAME = "mock"


class Mocks:
    """Hangs them up as functions begin to follow, and takes them away at the end."""

    def __init__(self, bus: Bus, make: Callable[[Callable[..., Any]], Mock]) -> None:
        self._bus = bus
        self._make = make
        self._marked: list[weakref.ref[Any]] = []
        self._courier = bus._courier
        self._changed, self._hire = self._courier.registry.changed, self._courier.hire
        self._courier.registry.changed, self._courier.hire = self._registry_changed, self._hired
        self._look()

    def remove(self) -> None:
        self._courier.registry.changed, self._courier.hire = self._changed, self._hire
        for marked in self._marked:
            function = marked()
            if function is not None:
                vars(function).pop(_NAME, None)

    def _registry_changed(self) -> None:
        self._changed()
        # Garbage collection calls this, too, and perhaps where somebody holds the lock: then nobody began to follow.
        if self._courier.registry._lock.acquire(blocking=False):
            self._courier.registry._lock.release()
            self._look()

    def _hired(self, keeper: Keeper, work: Callable[[], None], step: Callable[[], bool]) -> None:
        self._hire(keeper, work, step)
        self._look()

    def _look(self) -> None:
        handlers = [receiver.handler for receiver in self._bus._registry.receivers() if receiver.answers]
        for handler in (*handlers, *(target for _, target in self._bus._works.handlers())):
            function = getattr(handler, "__func__", handler)
            if inspect.isfunction(function) and _NAME not in vars(function):
                setattr(function, _NAME, self._make(function))
                self._marked.append(weakref.ref(function))
