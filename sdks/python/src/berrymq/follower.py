"""Following with functions and methods: they are held by weak reference, so that what is gone follows no more."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from .calling import Call
from .identifier import Identifier
from .message import Message
from .registry import Registry, serials
from .source import source_of as source_of

Guard = Callable[[Message], Any]
"""Called with the message; something false = the handler is passed over."""

Handle = Callable[..., Any]
"""Called with a message, or with what its parameters want to be made of one."""


class Handler:
    """One function or method that follows one pattern. It is gone when its function or its object is."""

    __slots__ = ("__weakref__", "_guard", "_target", "guarded", "patterns", "serial", "source")

    answers = True
    awaited = False
    keeps = False

    def __init__(self, registry: Registry, pattern: str, target: Handle, guard: Guard | None) -> None:
        self.serial = next(serials)
        self.patterns: tuple[Identifier, ...] = (Identifier.parse(pattern),)
        self.source = source_of(target)
        self.guarded = guard is not None
        self._guard = guard
        self._target = _weakly(target, registry, weakref.ref(self))

    def agrees(self, message: Message) -> bool:
        return self._guard is None or bool(self._guard(message))

    def take(self, message: Message) -> object:
        target = self._target()
        return None if target is None else target(message)

    @property
    def handler(self) -> object:
        return self._target()

    def close(self) -> None:
        """A handler ends with its function, not with the bus."""

    def after_fork(self) -> None:
        """A handler has no lock."""


class CalledHandler(Handler):
    """One that is called otherwise than with the message alone."""

    __slots__ = ("_call", "awaited")

    def __init__(self, registry: Registry, pattern: str, target: Handle, guard: Guard | None, call: Call) -> None:
        super().__init__(registry, pattern, target, guard)
        self._call = call
        self.awaited = call.awaited

    def take(self, message: Message) -> object:
        target = self._target()
        return None if target is None else self._call(target, message)


class Following:
    """One following, to be ended with `unfollow()`. A function that nobody else holds lives as long as this object."""

    def __init__(self, end: Callable[[], None], held: object) -> None:
        self._end = end
        self._held = held

    def unfollow(self) -> None:
        """Follows no more. Once more is harmless."""
        self._end()
        self._held = None


def regist(
    registry: Registry, pattern: str, target: Handle, guard: Guard | None = None, call: Call | None = None
) -> Following:
    """Lets `target` follow from now on; `call` as `calling` says it. Raises InvalidIdentifier, or TypeError when it
    cannot be held weakly."""
    if call is None:
        handler: Handler = Handler(registry, pattern, target, guard)
    else:
        handler = CalledHandler(registry, pattern, target, guard, call)
    registry.add(handler)
    return Following(partial(registry.remove, handler), None if inspect.ismethod(target) else target)


def _weakly(target: Handle, registry: Registry, handler: weakref.ref[Handler]) -> Callable[[], Handle | None]:
    def ended(_: object) -> None:
        living = handler()
        if living is not None:
            registry.end_soon(living)

    if inspect.ismethod(target):
        return weakref.WeakMethod(target, ended)
    return weakref.ref(target, ended)
